"""The activity log as a Django app."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    """Who did what."""

    name = "nightdesk.activity"
    label = "activity"
    default_auto_field = "django.db.models.BigAutoField"
