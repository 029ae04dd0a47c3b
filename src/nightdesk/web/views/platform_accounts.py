"""Accounts on platforms: connected with pasted credentials, checked, reconnected, disconnected."""

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.feed import shared_tail
from nightdesk.engine.queries import visible_jobs
from nightdesk.providers.publishing.protocol import Field, Platform, PlatformInfo
from nightdesk.publishing import services
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.posts.accounts import GLYPHS, Account, list_accounts
from nightdesk.web.saying import say

_CREDENTIAL = "credential_"


@require_safe
@never_cache
@signed_in
def show_list(request: HttpRequest) -> HttpResponse:
    """List the accounts with their health, and the platforms that can be connected."""
    cursor = shared_tail().cursor()
    accounts = list_accounts()
    actor = actor_on(request)
    ids = [one.row.check_task_id for one in accounts if one.row.check_task_id]
    jobs = visible_jobs(user_id=actor.user_id, operator=actor.operator).in_bulk(ids) if ids else {}
    context = {
        "rows": [(one, jobs.get(one.row.check_task_id) if one.row.check_task_id else None) for one in accounts],
        "platforms": [(info, GLYPHS[info.platform]) for info in _connectable()],
        "cursor": cursor,
        "section": "posts",
    }
    part = bool(request.headers.get("HX-Request"))
    template = "web/platform_accounts/rows.html" if part else "web/platform_accounts/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def connect(request: HttpRequest, platform: str) -> HttpResponse:
    """Ask for what opens an account, and keep it sealed; secrets are never sent back to the page."""
    info = next((one for one in _connectable() if one.platform == platform), None)
    if info is None:
        raise Http404
    if request.method != "POST":
        return _show_form(request, info, {one.name: one.default for one in info.credentials})
    given = _read_credentials(request, info)
    try:
        services.connect_account(
            platform=platform,
            name=request.POST.get("name", ""),
            credentials=given,
            user_id=actor_on(request).user_id,
        )
    except InvalidInput as refusal:
        return _show_form(request, info, given, complaints=refusal.details, name=request.POST.get("name", ""))
    said = _("Kept. It is being checked: its state appears here.")
    return say(request, redirect("web:platform_accounts"), said)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def reconnect(request: HttpRequest, account_id: int) -> HttpResponse:
    """Ask for new credentials of an account; what is left empty stays."""
    row = services.find_account(account_id=account_id)
    info = services.find_platform(row.platform).info
    if row.platform == Platform.JOURNAL:
        raise Http404
    account = Account(row, info)
    if request.method != "POST":
        return _show_form(request, info, {}, account=account, name=row.name)
    given = _read_credentials(request, info)
    name = request.POST.get("name", "")
    try:
        services.change_account(account_id=account_id, name=name)
        if any(given.values()):
            services.reconnect_account(account_id=account_id, credentials=given, user_id=actor_on(request).user_id)
    except InvalidInput as refusal:
        return _show_form(request, info, given, account=account, complaints=refusal.details, name=name)
    return say(request, redirect("web:platform_accounts"), _("Saved."))


@require_POST
@signed_in
def check(request: HttpRequest, account_id: int) -> HttpResponse:
    """Ask for a check of an account now."""
    account = services.find_account(account_id=account_id)
    services.ask_for_check(account=account, user_id=actor_on(request).user_id)
    return redirect("web:platform_accounts")


@require_POST
@signed_in
def disconnect(request: HttpRequest, account_id: int) -> HttpResponse:
    """Forget the credentials of an account."""
    services.disconnect_account(account_id=account_id)
    said = _("The account is disconnected and its credentials are gone.")
    return say(request, redirect("web:platform_accounts"), said)


def _connectable() -> list[PlatformInfo]:
    return [info for info in services.list_platforms() if info.platform != Platform.JOURNAL]


def _read_credentials(request: HttpRequest, info: PlatformInfo) -> dict[str, str]:
    return {one.name: request.POST.get(_CREDENTIAL + one.name, "").strip() for one in info.credentials}


def _show_form(
    request: HttpRequest,
    info: PlatformInfo,
    given: Mapping[str, str],
    *,
    account: Account | None = None,
    complaints: dict[str, list[str]] | None = None,
    name: str = "",
) -> HttpResponse:
    said = complaints or {}
    fields = [(one, _shown(one, given), said.get(f"credentials.{one.name}", [])) for one in info.credentials]
    known = {"name", *(f"credentials.{one.name}" for one in info.credentials)}
    context = {
        "info": info,
        "glyph": GLYPHS[info.platform],
        "account": account,
        "fields": fields,
        "name": name,
        "complaints": said,
        "others": [one for key, several in said.items() if key not in known for one in several],
        "section": "posts",
    }
    return render(request, "web/platform_accounts/form.html", context, status=400 if complaints else 200)


def _shown(field: Field, given: Mapping[str, str]) -> str:
    return "" if field.kind == "secret" else given.get(field.name, "")
