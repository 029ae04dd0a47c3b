"""The HTTP kit as a Django app: it owns two small tables."""

from django.apps import AppConfig


class HttpkitConfig(AppConfig):
    """Idempotent answers and throttle buckets."""

    name = "nightdesk.httpkit"
    label = "httpkit"
    default_auto_field = "django.db.models.BigAutoField"
