"""Coming in and going out."""

from typing import Final

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from nightdesk.accounts.errors import LinkNotValid, SignInFailed
from nightdesk.accounts.signing_in import sign_in_with_password, use_sign_in_link
from nightdesk.core.errors import TooManyRequests
from nightdesk.httpkit.addresses import client_address
from nightdesk.web.preferences import keep_preference

THEMES: Final = ("auto", "light", "dark")


@never_cache
@sensitive_post_parameters("password")
@sensitive_variables("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for e-mail and password, and let their owner in."""
    if request.method != "POST":
        return _show_form(request)
    email, password = request.POST.get("email", ""), request.POST.get("password", "")
    try:
        user = sign_in_with_password(email=email, password=password, address=client_address(request))
    except (SignInFailed, TooManyRequests) as refusal:
        return _show_form(request, email=email, complaint=refusal.public_message, status=refusal.status)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(_safe_next(request))


@never_cache
@sensitive_variables("secret")
def sign_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask once more before a one-time link is used: mail programs and chats open links to preview them."""
    if request.method != "POST":
        response = render(request, "web/sign_in_link.html")
    else:
        try:
            user = use_sign_in_link(secret=secret, address=client_address(request))
        except (LinkNotValid, TooManyRequests) as refusal:
            response = _show_form(request, complaint=refusal.public_message, status=refusal.status)
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("web:home")
    # The address holds the secret. Not `no-referrer`: browsers then send `Origin: null`, which is no origin of ours.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    messages.info(request, _("You are signed out."))
    return redirect("web:sign_in")


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep light, dark or the system's choice in a cookie, so that the server's first byte has the right colours."""
    return keep_preference(request, redirect(_safe_next(request)), "theme", THEMES)


def _show_form(request: HttpRequest, *, email: str = "", complaint: str = "", status: int = 200) -> HttpResponse:
    context = {"email": email, "complaint": complaint, "next": _safe_next(request)}
    return render(request, "web/sign_in.html", context, status=status)


def _safe_next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url("web:home")
