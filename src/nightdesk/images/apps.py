"""Pictures as a Django app."""

from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """Assets and image jobs."""

    name = "nightdesk.images"
    label = "images"
    default_auto_field = "django.db.models.BigAutoField"
