"""Webhooks as a Django app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Endpoints of others, and what is delivered to them."""

    name = "nightdesk.webhooks"
    label = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"
