"""What a person may set: tokens, password, theme, keyboard; which mail they want; who writes and makes pictures; face swaps."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from nightdesk.accounts import services
from nightdesk.accounts.errors import TooManyTokens
from nightdesk.accounts.models import ApiToken
from nightdesk.core.errors import Forbidden, InvalidInput
from nightdesk.images import services as images
from nightdesk.mail import services as mail
from nightdesk.providers.images.protocol import Operation
from nightdesk.providers.text.registry import describe_writers
from nightdesk.web.access import signed_in, user_on
from nightdesk.web.preferences import keep_preference
from nightdesk.web.studio.tools import NAMES as OPERATIONS
from nightdesk.web.studio.tools import list_choices

MAX_TOKEN_NAME_CHARS = 80


@require_safe
@never_cache
@signed_in
def show_settings(request: HttpRequest) -> HttpResponse:
    """Show all settings."""
    return _show(request)


@require_POST
@never_cache
@signed_in
@sensitive_variables("secret")
def create_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show its secret, this once."""
    name = request.POST.get("name", "").strip()
    if not name or len(name) > MAX_TOKEN_NAME_CHARS or not name.isprintable():
        complaint = _("Say in up to 80 characters where the token will be used, so that you know it again.")
        return _show(request, status=400, complaints={"token_name": [complaint]}, token_name=name)
    try:
        token, secret = services.create_token(user_id=user_on(request).pk, name=name)
    except TooManyTokens as refusal:
        complaints = {"token_name": [refusal.public_message]}
        return _show(request, status=refusal.status, complaints=complaints, token_name=name)
    return _show(request, status=201, made=token, secret=secret)


@require_POST
@signed_in
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Make a token worthless."""
    services.revoke_token(user_id=user_on(request).pk, token_id=token_id)
    messages.success(request, _("The token is revoked. Programs that still use it are refused from now on."))
    return redirect("web:settings")


@require_POST
@never_cache
@signed_in
@sensitive_post_parameters("password", "repeated")
@sensitive_variables("password")
def change_password(request: HttpRequest) -> HttpResponse:
    """Set a password, or a new one; this session stays, the others end."""
    password = request.POST.get("password", "")
    complaint = (
        [] if password == request.POST.get("repeated", "") else [_("The two are not the same. Type both again.")]
    )
    user = user_on(request)
    try:
        if not complaint:
            services.set_password(user_id=user.pk, password=password)
    except InvalidInput as refusal:
        complaint = refusal.details["password"]
    if complaint:
        return _show(request, status=400, complaints={"password": complaint})
    user.refresh_from_db(fields=["password"])
    update_session_auth_hash(request, user)
    messages.success(request, _("The password is set. Other browsers were signed out."))
    return redirect("web:settings")


@require_POST
def set_shortcuts(request: HttpRequest) -> HttpResponse:
    """Switch the single-key shortcuts on or off, in this browser."""
    return keep_preference(request, redirect("web:settings"), "shortcuts", ("on", "off"))


@require_POST
@signed_in
def allow_face_swap(request: HttpRequest) -> HttpResponse:
    """Turn face swaps on or off, for everybody."""
    user = user_on(request)
    if not user.is_operator:
        raise Forbidden
    is_allowed = request.POST.get("allowed") == "yes"
    images.allow_face_swap(allowed=is_allowed, user_id=user.pk)
    messages.success(request, _("Face swaps are on.") if is_allowed else _("Face swaps are off."))
    return redirect(f"{reverse('web:settings')}#pictures")


def _show(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "tokens": ApiToken.objects.filter(user=user_on(request), revoked_at=None).order_by("-id"),
        "has_password": user_on(request).has_usable_password(),
        "writers": describe_writers(),
        "picture_tools": [(words, list_choices(Operation(name))) for name, words in OPERATIONS.items()],
        "image_settings": images.find_image_settings(),
        "mail_preferences": mail.preferences_of(user_id=user_on(request).pk),
        "consent": images.CONSENT_STATEMENT,
        "longest": MAX_TOKEN_NAME_CHARS,
        "section": "settings",
        **more,
    }
    return render(request, "web/settings/settings.html", context, status=status)
