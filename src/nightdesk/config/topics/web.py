"""Apps, middleware, templates, static files and cookies: nothing here is the operator's to choose."""

from pathlib import Path
from typing import Any, Final

PACKAGE_DIR: Final = Path(__file__).resolve().parents[2]

APPS: Final = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_htmx",
    "ninja",  # the assets of the API's page, served from here
    "nightdesk.engine",
    "nightdesk.httpkit",
    "nightdesk.activity",
    "nightdesk.accounts",
    "nightdesk.images",
    "nightdesk.campaigns",
    "nightdesk.mail",
    "nightdesk.webhooks",
    "nightdesk.publishing",
    "nightdesk.exports",
    "nightdesk.operations",
    "nightdesk.web",
]

MIDDLEWARE_ORDER: Final = [
    "django.middleware.security.SecurityMiddleware",
    "nightdesk.web.middleware.send_content_policy",
    "nightdesk.config.static_files.serve_static_files",
    "nightdesk.web.synchronous.Sessions",
    "nightdesk.web.synchronous.Common",
    "nightdesk.web.synchronous.Csrf",
    "nightdesk.web.synchronous.Authentication",
    "nightdesk.web.synchronous.Messages",
    "nightdesk.web.synchronous.XFrameOptions",
    "nightdesk.web.synchronous.Htmx",
    "nightdesk.activity.middleware.NoteChanges",
    "nightdesk.web.middleware.PlainErrors",
]

#: Long enough to spare a second request within a visit, short enough that an upgrade is seen without a reload trick.
STATIC_MAX_AGE_S: Final = 300
SESSION_AGE_S: Final = 14 * 24 * 3600


def build_templates(*, debug: bool) -> list[dict[str, Any]]:
    """Describe the template engine; outside DEBUG Django caches what it has compiled."""
    return [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "debug": debug,
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ],
            },
        }
    ]


def build_cookie_rules(base_url: str) -> dict[str, Any]:
    """Say how cookies and forms are guarded; over https the cookies never travel in the clear."""
    secure = base_url.startswith("https://")
    return {
        "SESSION_COOKIE_AGE": SESSION_AGE_S,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_TRUSTED_ORIGINS": [base_url],
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
    }
