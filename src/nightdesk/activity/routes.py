"""Which requests are written down as what. Every address that takes something in has an entry here; a test looks.

The key is the method and the address as it stands in the API's document, without the last slash. None says that nobody
will ever want to read of it: editors that hold a post open, previews, a theme.
"""

from dataclasses import dataclass
from typing import Final

from nightdesk.activity.models import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """How a successful request is written down.

    `subject`: the thing, like `campaign:{campaign_id}` with parts of the address; `{new}` is the id that the answer's
    Location ends with, `{of_job}` the subject of the job that it names. `removes`: the thing is gone afterwards, so its name is read before. `ends_session`: who it was is
    read before. `failed_as`: what a refusal is written down as, without anybody's name. `is_open`: nobody has to be
    signed in.
    """

    action: str
    subject: str = ""
    source: str = ""
    removes: bool = False
    ends_session: bool = False
    failed_as: str = ""
    is_open: bool = False


def _noted(action: str, subject: str = "", *, removes: bool = False) -> Noted:
    return Noted(action=action, subject=subject, removes=removes)


_CAMPAIGN: Final = "campaign:{campaign_id}"
_KIT: Final = "brand_kit:{kit_id}"
_ASSET: Final = "asset:{asset_id}"
_POST: Final = "post:{post_id}"
_ACCOUNT: Final = "account:{account_id}"
_WEBHOOK: Final = "webhook:{webhook_id}"
_MAIL: Final = "mail:{mail_id}"
_OF_JOB: Final = "{of_job}"
_PIECE_PAGE: Final = "/campaigns/{campaign_id}/pieces/{channel}"
_PIECE: Final = "/api/campaigns/{campaign_id}/pieces/{channel}"

_API: Final[dict[str, Noted | None]] = {
    "POST /api/v1/tokens": _noted("token.create", "token:{new}"),
    "DELETE /api/v1/tokens/{token_id}": _noted("token.revoke", "token:{token_id}"),
    "POST /api/v1/jobs/{job_id}/cancel": _noted("job.cancel"),
    "POST /api/v1/jobs/{job_id}/retry": _noted("job.retry"),
    "POST /api/v1/jobs/{job_id}/rerun": _noted("job.rerun"),
    "POST /api/v1/jobs/{job_id}/decide": _noted("job.decide"),
    "POST /api/v1/tasks/{task_id}/cancel": _noted("job.cancel"),
    "DELETE /api/v1/tasks/revoke/{task_id}": _noted("job.cancel"),
    "POST /api/v1/assets": _noted("asset.upload"),
    "PATCH /api/v1/assets/{asset_id}": _noted("asset.rename", _ASSET),
    "DELETE /api/v1/assets/{asset_id}": _noted("asset.delete", _ASSET, removes=True),
    "POST /api/v1/assets/{asset_id}/keep": _noted("asset.keep", _ASSET),
    "POST /api/v1/tasks/submit": _noted("asset.make"),
    "POST /api/v1/tasks/image/process": _noted("asset.make"),
    "POST /api/v1/screenshots": _noted("asset.screenshot"),
    "PATCH /api/v1/images/settings": _noted("image_settings.change"),
    "POST /api/campaigns": _noted("campaign.create", "campaign:{new}"),
    "PATCH /api/campaigns/{campaign_id}": _noted("campaign.change", _CAMPAIGN),
    "DELETE /api/campaigns/{campaign_id}": _noted("campaign.delete", _CAMPAIGN, removes=True),
    "POST /api/campaigns/{campaign_id}/regenerate": _noted("campaign.regenerate", _CAMPAIGN),
    f"PATCH {_PIECE}": _noted("piece.change", _CAMPAIGN),
    f"DELETE {_PIECE}": _noted("piece.remove", _CAMPAIGN),
    f"POST {_PIECE}/regenerate": _noted("piece.regenerate", _CAMPAIGN),
    f"POST {_PIECE}/lock": _noted("piece.lock", _CAMPAIGN),
    f"POST {_PIECE}/unlock": _noted("piece.unlock", _CAMPAIGN),
    f"PUT {_PIECE}/picture": _noted("piece.picture", _CAMPAIGN),
    f"DELETE {_PIECE}/picture": _noted("piece.picture_remove", _CAMPAIGN),
    f"POST {_PIECE}/versions/{{number}}/restore": _noted("piece.restore", _CAMPAIGN),
    "POST /api/brand-kits": _noted("brand_kit.create", "brand_kit:{new}"),
    "PATCH /api/brand-kits/{kit_id}": _noted("brand_kit.change", _KIT),
    "DELETE /api/brand-kits/{kit_id}": _noted("brand_kit.archive", _KIT),
    "POST /api/brand-kits/{kit_id}/restore": _noted("brand_kit.restore", _KIT),
    "POST /api/posts/publish": _noted("post.publish"),
    "POST /api/posts/{post_id}/publish": _noted("post.publish", _POST),
    "POST /api/posts/{post_id}/publishings/{published_post_id}/retry": _noted("publishing.retry", _POST),
    "POST /api/posts/{post_id}/publishings/{published_post_id}/resolve": _noted("publishing.resolve", _POST),
    "POST /api/posts/{post_id}/publishings/{published_post_id}/cancel": _noted("publishing.cancel", _POST),
    "POST /api/posts/{post_id}/publishings/{published_post_id}/unpublish": _noted("publishing.unpublish", _POST),
    "POST /api/posts/{post_id}/rounds/{round_id}/reschedule": _noted("publishing.reschedule", _POST),
    "POST /api/posts": _noted("post.create", "post:{new}"),
    "PATCH /api/posts/{post_id}": _noted("post.change", _POST),
    "DELETE /api/posts/{post_id}": _noted("post.delete", _POST, removes=True),
    "POST /api/posts/{post_id}/state": _noted("post.move", _POST),
    "POST /api/posts/{post_id}/revisions/{number}/restore": _noted("post.restore", _POST),
    "POST /api/platform-accounts": _noted("account.connect", "account:{new}"),
    "PATCH /api/platform-accounts/{account_id}": _noted("account.change", _ACCOUNT),
    "DELETE /api/platform-accounts/{account_id}": _noted("account.disconnect", _ACCOUNT, removes=True),
    "POST /api/platform-accounts/{account_id}/check": _noted("account.check", _ACCOUNT),
    "POST /api/webhooks": _noted("webhook.create", "webhook:{new}"),
    "PATCH /api/webhooks/{webhook_id}": _noted("webhook.change", _WEBHOOK),
    "DELETE /api/webhooks/{webhook_id}": _noted("webhook.delete", _WEBHOOK, removes=True),
    "POST /api/webhooks/{webhook_id}/secret": _noted("webhook.renew_secret", _WEBHOOK),
    "POST /api/webhooks/{webhook_id}/test": _noted("webhook.test", _WEBHOOK),
    "POST /api/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver": _noted("webhook.redeliver", _WEBHOOK),
    "POST /api/v1/health/check": _noted("health.check"),
    "POST /api/v1/cleanup": _noted("cleanup.run"),
    "POST /api/v1/tasks/email/send": _noted("mail.send"),
    "POST /api/v1/tasks/email/bulk": _noted("mail.bulk"),
    "POST /api/mail/{mail_id}/decide": _noted("mail.decide", _MAIL),
    "POST /api/mail/{mail_id}/retry": _noted("mail.retry", _MAIL),
    "POST /api/mail/{mail_id}/cancel": _noted("mail.cancel", _MAIL),
    "POST /api/mail/templates/{name}/preview": None,
    "POST /api/mail/suppressions": _noted("suppression.create"),
    "DELETE /api/mail/suppressions/{suppression_id}": _noted("suppression.delete"),
    "PATCH /api/mail/preferences": _noted("mail_preferences.change"),
    "POST /api/v1/tasks/export": _noted("export.create", _OF_JOB),
    "POST /api/exports/count": None,
    "POST /api/exports/{export_id}/ticket": None,  # an address for the next minutes; what it opens was asked for before
    "DELETE /api/exports/{export_id}": _noted("export.delete", "export:{export_id}"),
    "POST /api/v1/tasks/report": _noted("report.create", _OF_JOB),
    "DELETE /api/reports/{report_id}": _noted("report.delete", "report:{report_id}"),
}

_PAGES: Final[dict[str, Noted | None]] = {
    "POST /sign-in": Noted(action="sign_in", failed_as="sign_in.failed"),
    "POST /sign-in/{secret}": Noted(action="sign_in.link", failed_as="sign_in.failed"),
    "POST /sign-out": Noted(action="sign_out", ends_session=True),
    "POST /theme": None,
    "POST /campaigns/new": _noted("campaign.create", "campaign:{new}"),
    "POST /campaigns/{campaign_id}/regenerate": _noted("campaign.regenerate", _CAMPAIGN),
    "POST /campaigns/{campaign_id}/edit": _noted("campaign.change", _CAMPAIGN),
    "POST /campaigns/{campaign_id}/delete": _noted("campaign.delete", _CAMPAIGN, removes=True),
    f"POST {_PIECE_PAGE}/edit": _noted("piece.change", _CAMPAIGN),
    f"POST {_PIECE_PAGE}/lock": _noted("piece.lock", _CAMPAIGN),
    f"POST {_PIECE_PAGE}/unlock": _noted("piece.unlock", _CAMPAIGN),
    f"POST {_PIECE_PAGE}/regenerate": _noted("piece.regenerate", _CAMPAIGN),
    f"POST {_PIECE_PAGE}/remove": _noted("piece.remove", _CAMPAIGN),
    f"POST {_PIECE_PAGE}/picture/remove": _noted("piece.picture_remove", _CAMPAIGN),
    f"POST {_PIECE_PAGE}/versions/{{number}}/restore": _noted("piece.restore", _CAMPAIGN),
    "POST /studio/upload": _noted("asset.upload"),
    "POST /studio/new": _noted("asset.make"),
    "POST /studio/screenshot": _noted("asset.screenshot"),
    "POST /studio/{asset_id}/run/{tool}": _noted("asset.make", _ASSET),
    "POST /studio/{asset_id}/repeat/{job_id}": _noted("asset.make", _ASSET),
    "POST /studio/{asset_id}/keep": _noted("asset.keep", _ASSET),
    "POST /studio/{asset_id}/rename": _noted("asset.rename", _ASSET),
    "POST /studio/{asset_id}/delete": _noted("asset.delete", _ASSET, removes=True),
    "POST /studio/{asset_id}/use": _noted("piece.picture", _ASSET),
    "POST /brand-kits/new": _noted("brand_kit.create", "brand_kit:{new}"),
    "POST /brand-kits/{kit_id}/edit": _noted("brand_kit.change", _KIT),
    "POST /brand-kits/{kit_id}/archive": _noted("brand_kit.archive", _KIT),
    "POST /brand-kits/{kit_id}/restore": _noted("brand_kit.restore", _KIT),
    "POST /posts/new": _noted("post.create", "post:{new}"),
    "POST /posts/calendar/{round_id}/move": _noted("publishing.reschedule"),
    "POST /posts/accounts/new/{platform}": _noted("account.connect"),
    "POST /posts/accounts/{account_id}": _noted("account.change", _ACCOUNT),
    "POST /posts/accounts/{account_id}/check": _noted("account.check", _ACCOUNT),
    "POST /posts/accounts/{account_id}/disconnect": _noted("account.disconnect", _ACCOUNT, removes=True),
    "POST /posts/{post_id}": _noted("post.change", _POST),
    "POST /posts/{post_id}/preview": None,
    "POST /posts/{post_id}/hold": None,
    "POST /posts/{post_id}/leave": None,
    "POST /posts/{post_id}/state": _noted("post.move", _POST),
    "POST /posts/{post_id}/delete": _noted("post.delete", _POST, removes=True),
    "POST /posts/{post_id}/revisions/{number}/restore": _noted("post.restore", _POST),
    "POST /posts/{post_id}/publish": _noted("post.publish", _POST),
    "POST /posts/{post_id}/history/{publishing_id}/retry": _noted("publishing.retry", _POST),
    "POST /posts/{post_id}/history/{publishing_id}/cancel": _noted("publishing.cancel", _POST),
    "POST /posts/{post_id}/history/{publishing_id}/unpublish": _noted("publishing.unpublish", _POST),
    "POST /posts/{post_id}/history/{publishing_id}/resolve": _noted("publishing.resolve", _POST),
    "POST /activity/seen": None,
    "POST /jobs/{job_id}/cancel": _noted("job.cancel"),
    "POST /jobs/{job_id}/retry": _noted("job.retry"),
    "POST /jobs/{job_id}/decide": _noted("job.decide"),
    "POST /settings/tokens": _noted("token.create"),
    "POST /settings/tokens/{token_id}/revoke": _noted("token.revoke", "token:{token_id}"),
    "POST /settings/password": _noted("password.change"),
    "POST /settings/shortcuts": None,
    "POST /settings/face-swap": _noted("image_settings.change"),
    "POST /live/reconcile": None,
    "POST /mail/unsubscribe/{token}": Noted(action="mail.unsubscribe", source=Source.LINK, is_open=True),
    "POST /hooks/mail/{service}": None,  # a mail service tells of bounces: no person did anything
    "POST /mail/new": _noted("mail.send"),
    "POST /mail/new/recipients": None,
    "POST /mail/templates/{name}": None,
    "POST /mail/templates/{name}/html": None,
    "POST /mail/templates/{name}/test": _noted("mail.test"),
    "POST /mail/stopped": _noted("suppression.create"),
    "POST /mail/stopped/{suppression_id}/remove": _noted("suppression.delete"),
    "POST /mail/preferences": _noted("mail_preferences.change"),
    "POST /mail/{mail_id}/retry": _noted("mail.retry", _MAIL),
    "POST /mail/{mail_id}/cancel": _noted("mail.cancel", _MAIL),
    "POST /mail/{mail_id}/decide": _noted("mail.decide", _MAIL),
    "POST /exports/new": _noted("export.create", "export:{new}"),
    "POST /exports/new/count": None,
    "POST /exports/{export_id}/again": _noted("export.create", "export:{new}"),
    "POST /exports/{export_id}/delete": _noted("export.delete", "export:{export_id}"),
    "POST /exports/reports/new": _noted("report.create", "report:{new}"),
    "POST /exports/reports/{report_id}/delete": _noted("report.delete", "report:{report_id}", removes=True),
    "POST /operations/health/check": _noted("health.check"),
}

ROUTES: Final[dict[str, Noted | None]] = _API | _PAGES
