"""The frame in which a mail is looked at: somebody else's HTML, which may do nothing and fetch nothing."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nightdesk.web.middleware import CONTENT_POLICY

#: What is inside: looks of its own and pictures that it brings along; no scripts, no forms, nothing from any server.
#: `sandbox` holds even where somebody opens the address by itself.
MAIL_POLICY: Final = "; ".join(
    (
        "sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
#: The page around it.
FRAMING_POLICY: Final = f"{CONTENT_POLICY}; frame-src 'self'"


def show_mail_html(html: str) -> HttpResponse:
    """Serve what a mail looks like, for a frame on a page of ours."""
    return HttpResponse(
        html,
        headers={
            "Content-Security-Policy": MAIL_POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )


def render_around(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """Render a page that has such a frame."""
    response = render(request, template, context)
    response.headers["Content-Security-Policy"] = FRAMING_POLICY
    return response
