"""The editor of a post: one tab for all accounts and one for each, with a preview that follows the typing."""

import re
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nightdesk.core.errors import InvalidInput
from nightdesk.core.redaction import clean_text
from nightdesk.engine.feed import shared_tail
from nightdesk.publishing import models, services
from nightdesk.publishing.errors import PostChanged
from nightdesk.publishing.models import Post
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.posts.accounts import Account, check_post, list_accounts
from nightdesk.web.posts.filter import STATES
from nightdesk.web.posts.form import (
    as_changes,
    find_tab,
    list_options,
    place_complaints,
    read_end,
    read_number,
    read_values,
    show_end,
    show_values,
)
from nightdesk.web.posts.library import find_pictures
from nightdesk.web.posts.status import find_status
from nightdesk.web.saying import say

LONGEST: Final = {
    "title": models.MAX_TITLE_CHARS,
    "excerpt": models.MAX_EXCERPT_CHARS,
    "tags": models.MAX_TAGS * (models.MAX_TAG_CHARS + 2),
    "canonical_url": models.MAX_URL_CHARS,
    "cover_alt": 1_000,
}
_HEADING: Final = re.compile(r"<h([1-6])(?=[ >])")
_HEADING_END: Final = re.compile(r"</h[1-6]>")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def edit(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show a post in the editor, or save what was typed; whoever comes second sees both texts."""
    post = services.find_post(post_id=post_id)
    accounts = list_accounts(post)
    tab = find_tab(accounts, request.GET.get("account", ""))
    if request.method != "POST":
        return _show(request, post, accounts, tab, show_values(post, tab))
    values, version = read_values(request.POST, tab), read_number(request, "version")
    try:
        services.save_post(
            post_id=post_id,
            base_revision=version,
            changes={**as_changes(post, tab, values), **read_end(request.POST, post)},
            author_id=actor_on(request).user_id,
        )
    except InvalidInput as refusal:
        placed = place_complaints(refusal.details, tab)
        return _show(request, post, accounts, tab, values, version=version, complaints=placed, status=400)
    except PostChanged:
        newest = services.find_post(post_id=post_id)
        return _show(request, newest, list_accounts(newest), tab, values, theirs=show_values(newest, tab), status=409)
    return say(request, redirect(_address_of(post_id, tab)), _("Saved."))


@require_POST
@signed_in
def preview(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show what is being typed as an account would get it, with how much of each limit it uses."""
    post = services.find_post(post_id=post_id)
    accounts = list_accounts(post)
    tab = find_tab(accounts, request.GET.get("account", ""))
    draft = as_changes(post, tab, read_values(request.POST, tab))
    return render(request, "web/posts/preview.html", _preview(post, accounts, tab, draft))


@require_POST
@signed_in
def hold(request: HttpRequest, post_id: int) -> HttpResponse:
    """Say that this person has the post open; show who else has."""
    other = services.hold_editor(post_id=post_id, user_id=actor_on(request).user_id)
    return render(request, "web/posts/held.html", {"other": other})


@require_POST
@signed_in
def leave(request: HttpRequest, post_id: int) -> HttpResponse:
    """Say that this person has closed the post."""
    services.leave_editor(post_id=post_id, user_id=actor_on(request).user_id)
    return HttpResponse(status=204)


@require_safe
@never_cache
@signed_in
def show_pictures(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show pictures of the library whose names hold a text, to choose one."""
    post = services.find_post(post_id=post_id)
    text = clean_text(request.GET.get("picture_text", "")).strip()[:100]
    chosen = request.GET.get("cover", post.cover_id or "")[:64]
    pictures = find_pictures(text=text, chosen=chosen)
    return render(request, "web/posts/pictures.html", {"pictures": pictures, "chosen": chosen, "text": text})


def _show(
    request: HttpRequest,
    post: Post,
    accounts: list[Account],
    tab: Account | None,
    values: dict[str, Any],
    *,
    version: int | None = None,
    complaints: dict[str, list[str]] | None = None,
    theirs: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_on(request)
    fields = {"title", "body", "excerpt", "tags", "canonical_url", "cover", "cover_alt", "unpublish_at"}
    context = {
        "cursor": shared_tail().cursor(),
        **_preview(post, accounts, tab, as_changes(post, tab, values)),
        "accounts": accounts,
        "values": values,
        "theirs": theirs,
        "options": list_options(tab, values),
        "complaints": complaints or {},
        "unplaced": [one for name, said in (complaints or {}).items() if name not in fields for one in said],
        "version": version or post.revision,
        "end": request.POST.get("unpublish_at", show_end(post)),
        "longest": LONGEST,
        "pictures": find_pictures(text="", chosen=str(values.get("cover") or "")) if tab is None else [],
        "chosen": values.get("cover") or "",
        **_describe_state(post),
        "other": services.editor_of(post_id=post.pk, besides=actor.user_id),
        "targets": services.TARGETS,
        "status": find_status(actor, post),
        "section": "posts",
    }
    return render(request, "web/posts/editor.html", context, status=status)


def _describe_state(post: Post) -> dict[str, Any]:
    return {
        "state": STATES[post.state],
        "moves": [(state, STATES[state][1]) for state in services.CHOSEN if state != post.state],
        "is_chosen_state": post.state in services.CHOSEN,
        "zone": timezone.get_current_timezone_name(),
    }


def _preview(post: Post, accounts: list[Account], tab: Account | None, draft: dict[str, Any]) -> dict[str, Any]:
    """Check the draft against the tab's account; on the tab for all, against every account, and show the first one."""
    checks = [check_post(post, one, draft) for one in ([tab] if tab is not None else accounts)]
    return {"post": post, "tab": tab, "checks": checks, "shown": _show_html(checks[0].rendering.preview_html)}


def _show_html(cleaned: str) -> SafeString:
    """Fit a preview into the page: its pictures are ours, its headings stand below the page's own.

    Adapters give only cleaned HTML (`Rendering.preview_html`), so tags are written as they are looked for here.
    """
    outlined = _HEADING.sub(r'<h3 data-level="\1"', cleaned)
    return mark_safe(services.show_pictures(_HEADING_END.sub("</h3>", outlined)))  # noqa: S308


def _address_of(post_id: int, tab: Account | None) -> str:
    address = reverse("web:post", args=[post_id])
    return f"{address}?account={tab.row.pk}" if tab is not None else address
