"""Mail as a Django app."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    """The outbox, and who wants no mail."""

    name = "nightdesk.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"
