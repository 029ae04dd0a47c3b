"""Campaigns as a Django app."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Campaigns and their pieces of content."""

    name = "nightdesk.campaigns"
    label = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"
