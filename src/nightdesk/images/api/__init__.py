"""Pictures over HTTP."""

from nightdesk.images.api.assets import router as assets_router
from nightdesk.images.api.providers import router as providers_router
from nightdesk.images.api.screenshots import router as screenshots_router
from nightdesk.images.api.settings import router as image_settings_router
from nightdesk.images.api.tasks import router as image_tasks_router

__all__ = ["assets_router", "image_settings_router", "image_tasks_router", "providers_router", "screenshots_router"]
