"""Exports as a Django app."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Exports, reports and their files."""

    name = "nightdesk.exports"
    label = "exports"
    default_auto_field = "django.db.models.BigAutoField"
