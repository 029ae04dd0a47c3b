"""The engine as a Django app."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules


class EngineConfig(AppConfig):
    """Load the Celery app and every handler, so that any process may enqueue, show or end any kind."""

    name = "nightdesk.engine"
    label = "engine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the project's Celery app, then the `tasks` module of every installed app and the extra ones."""
        from celery import current_app

        from nightdesk.engine.queues import declare

        import_module(settings.ENGINE_CELERY_MODULE)
        autodiscover_modules("tasks")
        for module in settings.EXTRA_TASK_MODULES:
            import_module(module)
        current_app.finalize(auto=True)
        declare(current_app)
