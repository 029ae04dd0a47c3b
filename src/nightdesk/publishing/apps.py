"""Publishing as a Django app."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    """Posts, accounts on platforms, and what was published where."""

    name = "nightdesk.publishing"
    label = "publishing"
    default_auto_field = "django.db.models.BigAutoField"
