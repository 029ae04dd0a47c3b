"""Posts, and accounts on platforms, over HTTP. All members see and edit all of them."""

from nightdesk.publishing.api.accounts import accounts_router, platforms_router
from nightdesk.publishing.api.posts import router as posts_router
from nightdesk.publishing.api.publishings import router as publishings_router

__all__ = ["accounts_router", "platforms_router", "posts_router", "publishings_router"]
