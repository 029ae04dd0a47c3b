"""The API: every app's router in one document, at /api/docs and /api/openapi.json."""

from typing import Final

from django.urls import path

import nightdesk
from nightdesk.accounts.api import router as accounts_router
from nightdesk.accounts.auth import API_AUTH
from nightdesk.activity.api import router as activity_router
from nightdesk.campaigns.api import brand_kits_router, campaigns_router, pieces_router
from nightdesk.exports.api import export_tasks_router, exports_router, report_tasks_router, reports_router
from nightdesk.httpkit import listening
from nightdesk.httpkit.api import Api
from nightdesk.images.api import (
    assets_router,
    image_settings_router,
    image_tasks_router,
    providers_router,
    screenshots_router,
)
from nightdesk.mail.api import (
    audience_router,
    mail_tasks_router,
    mailings_router,
    mails_router,
    templates_router,
)
from nightdesk.operations.api import router as jobs_router
from nightdesk.operations.compat import router as compatibility_router
from nightdesk.operations.upkeep import router as upkeep_router
from nightdesk.publishing.api import accounts_router as platform_accounts_router
from nightdesk.publishing.api import platforms_router, posts_router, publishings_router
from nightdesk.webhooks import services as webhooks
from nightdesk.webhooks.api import router as webhooks_router

_DESCRIPTION: Final = """
Campaigns whose content is written, pictures that are made and changed, and posts that are published on many platforms,
by durable background jobs.

Send a token as `Authorization: Bearer nd_...`; make one with `nightdesk token create` or `POST /api/v1/tokens/`.
Every path answers with and without its trailing slash. Errors are `application/problem+json`: programs read `code`,
people read `detail`. What was accepted is kept: its job can be watched under `/api/v1/jobs/`.
"""

api: Final = Api(
    title="Nightdesk",
    version=nightdesk.__version__,
    description=_DESCRIPTION.strip(),
    auth=list(API_AUTH),
    urls_namespace="api",
)
api.add_router("/v1/", accounts_router)
api.add_router("/v1/jobs/", jobs_router)
api.add_router("/v1/activity/", activity_router)
api.add_router("/v1/", upkeep_router)
api.add_router("/v1/assets/", assets_router)
api.add_router("/v1/tasks/", image_tasks_router)
api.add_router("/v1/tasks/", export_tasks_router)
api.add_router("/v1/tasks/", mail_tasks_router)
api.add_router("/v1/tasks/", report_tasks_router)
api.add_router("/v1/providers/", providers_router)
api.add_router("/v1/screenshots/", screenshots_router)
api.add_router("/v1/images/settings/", image_settings_router)
api.add_router("/", compatibility_router)
api.add_router("/campaigns/", campaigns_router)
api.add_router("/campaigns/{campaign_id}/pieces/{channel}/", pieces_router)
api.add_router("/brand-kits/", brand_kits_router)
api.add_router("/posts/", publishings_router)  # `/posts/publish` before `/posts/{post_id}/`
api.add_router("/posts/", posts_router)
api.add_router("/platforms/", platforms_router)
api.add_router("/platform-accounts/", platform_accounts_router)
api.add_router("/exports/", exports_router)
api.add_router("/mail/templates/", templates_router)  # these before `/mail/{mail_id}/`
api.add_router("/mail/mailings/", mailings_router)
api.add_router("/mail/", audience_router)
api.add_router("/mail/", mails_router)
api.add_router("/reports/", reports_router)
api.add_router("/webhooks/", webhooks_router)

listening.tell_by(check=webhooks.check_listener, listen=webhooks.listen)

urlpatterns = [path("api/", api.urls)]
