"""Posts: the list, a new one, its states, its revisions, and its text to paste elsewhere."""

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.feed import shared_tail
from nightdesk.publishing import services
from nightdesk.publishing.models import PostRevision, PostState
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.differences import compare_texts
from nightdesk.web.parts import render_part
from nightdesk.web.posts.filter import STATES, PostFilter
from nightdesk.web.posts.form import read_number
from nightdesk.web.posts.places import find_places
from nightdesk.web.saying import say

PAGE_SIZE: Final = 25


@require_safe
@never_cache
@signed_in
def show_list(request: HttpRequest) -> HttpResponse:
    """List the posts that match the address, the latest changed first, each with where it is out."""
    cursor = shared_tail().cursor()
    asked = PostFilter.read(request.GET)
    page = Paginator(asked.apply(services.posts_shown().defer("body")), PAGE_SIZE).get_page(request.GET.get("page"))
    posts = list(page)
    places = find_places(posts)
    rows = [(post, *STATES[post.state], places[post.pk]) for post in posts]
    context = {"page": page, "rows": rows, "asked": asked, "cursor": cursor, "section": "posts"}
    return render_part(request, part="web/posts/rows.html", whole="web/posts/list.html", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def create(request: HttpRequest) -> HttpResponse:
    """Begin a post, empty or with the text of a campaign's piece, and open it in the editor.

    Whoever comes by the address itself (a bookmark, a page loaded again) gets to the list, which has the button.
    """
    if request.method != "POST":
        return redirect("web:posts")
    campaign, _colon, channel = request.POST.get("piece", "").partition(":")
    piece = (int(campaign), channel) if campaign.isascii() and campaign.isdecimal() and len(campaign) < 18 else None
    post = services.create_post(author_id=actor_on(request).user_id, fields={}, piece=piece)
    return redirect("web:post", post.pk)


@require_POST
@signed_in
def move(request: HttpRequest, post_id: int) -> HttpResponse:
    """Put a post into another state."""
    state = request.POST.get("state", "")
    if state not in services.CHOSEN:
        raise InvalidInput(_("This form is incomplete. Load the page again and repeat it."))
    post = services.move_post(post_id=post_id, state=PostState(state), by=actor_on(request).user_id)
    said = _("It is now: %(state)s.") % {"state": STATES[post.state][1]}
    return say(request, redirect("web:post", post_id), said)


@require_POST
@signed_in
def delete(request: HttpRequest, post_id: int) -> HttpResponse:
    """Delete a post with its revisions and its history; what is out stays out."""
    services.delete_post(post_id=post_id)
    return say(request, redirect("web:posts"), _("The post is deleted. What is out on platforms stays there."))


@require_safe
@never_cache
@signed_in
def show_revisions(request: HttpRequest, post_id: int) -> HttpResponse:
    """List the revisions of a post, and show what one of them changed."""
    post = services.find_post(post_id=post_id)
    revisions = list(services.list_revisions(post_id=post_id))
    page = Paginator(revisions, PAGE_SIZE).get_page(request.GET.get("page"))
    by_number = {str(one.number): one for one in revisions}
    newer = by_number.get(request.GET.get("to", ""), by_number.get(str(post.revision)))
    older = by_number.get(request.GET.get("from", ""))
    context = {
        "post": post,
        "page": page,
        "older": older,
        "newer": newer,
        "differences": _compare(older, newer) if older is not None and newer is not None else None,
        "section": "posts",
    }
    return render(request, "web/posts/revisions.html", context)


@require_POST
@signed_in
def restore(request: HttpRequest, post_id: int, number: int) -> HttpResponse:
    """Make an older revision the newest one."""
    services.restore_revision(
        post_id=post_id,
        number=number,
        base_revision=read_number(request, "version"),
        author_id=actor_on(request).user_id,
    )
    said = _("Revision %(number)s is the text again, as a new revision.") % {"number": number}
    return say(request, redirect("web:post", post_id), said)


@require_safe
@never_cache
@signed_in
def copy(request: HttpRequest, post_id: int, target: str) -> HttpResponse:
    """Show a post as text to paste, for platforms that let no program publish."""
    post = services.find_post(post_id=post_id)
    context = {
        "post": post,
        "copied": services.copy_text(post=post, target=target),
        "target": target,
        "section": "posts",
    }
    return render_part(request, part="web/posts/copied.html", whole="web/posts/copy.html", context=context)


def _compare(older: PostRevision, newer: PostRevision) -> list[tuple[str, object]]:
    words = {"title": _("Title"), "body": _("Text"), "excerpt": _("Excerpt"), "canonical_url": _("Canonical address")}
    changed = [name for name in words if older.content.get(name) != newer.content.get(name)]
    return [
        (words[name], compare_texts(str(older.content.get(name) or ""), str(newer.content.get(name) or "")))
        for name in changed
    ]
