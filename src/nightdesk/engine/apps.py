"""The engine as a Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class EngineConfig(AppConfig):
    """Load every app's handlers, so that any process may end, show or enqueue any kind."""

    name = "nightdesk.engine"
    label = "engine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the `tasks` module of every installed app: kinds and their endings register on import."""
        autodiscover_modules("tasks")
