"""The public journal: for everybody, without a session, and the same for all, so that it can be cached anywhere."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, cast

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nightdesk import __version__
from nightdesk.core.errors import BusinessError
from nightdesk.images.api.serving import file_response
from nightdesk.publishing.errors import EntryNotFound
from nightdesk.publishing.services import journal
from nightdesk.web.views.journal_feeds import write_atom, write_rss

PAGE_SIZE: Final = 10
FEED_SIZE: Final = 20
#: Anybody may keep a page, and asks each time whether it is still the same: an entry that is taken away is away at once.
_CACHE_PAGE: Final = "public, no-cache"
#: A picture never changes, but what shows it may be taken away: a day later nobody keeps it any more.
_CACHE_PICTURE: Final = "public, max-age=86400"

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def open_to_all(view: Page[P]) -> Page[P]:
    """Answer 304 where nothing has changed since; show what is not there, or was taken away, as the journal does."""

    @wraps(view)
    def answered(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        etag = _etag(request)
        response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
        if response is None:
            try:
                response = view(request, *args, **kwargs)
                response["ETag"] = etag
            except BusinessError as error:
                response = _show_error(request, error)
        response["Cache-Control"] = _CACHE_PAGE
        return response

    return cast("Page[P]", require_safe(answered))


@open_to_all
def show_list(request: HttpRequest, tag: str = "") -> HttpResponse:
    """Show the entries, newest first; with `tag` only those that have it, and 404 where none has."""
    entries = journal.entries_shown(tag=tag)
    page = Paginator(entries.defer("html"), PAGE_SIZE).get_page(request.GET.get("page"))
    if tag and not page.object_list:
        raise EntryNotFound
    address = journal.tag_url(tag=tag) if tag else journal.journal_url()
    if page.number > 1:
        address += f"?page={page.number}"
    return render(request, "web/journal/list.html", {**_frame(address), "page": page, "tag": tag})


@open_to_all
def show_entry(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one entry; 410 where it was taken away."""
    entry = journal.find_entry(slug=slug)
    address = entry.canonical_url or journal.entry_url(slug=entry.slug)
    context = {
        **_frame(address),
        "entry": entry,
        "html": _frame_tables(journal.html_of(entry, picture_address=_path_of_picture)),
        "cover_path": _path_of_picture(entry.cover_asset) if entry.cover_asset else "",
        "cover_url": journal.picture_url(asset_id=entry.cover_asset) if entry.cover_asset else "",
        "own_address": journal.entry_url(slug=entry.slug),
        "is_changed": entry.updated_at.date() > entry.published_at.date(),
    }
    return render(request, "web/journal/entry.html", context)


@open_to_all
def show_rss(request: HttpRequest) -> HttpResponse:
    """Send the newest entries as RSS 2.0."""
    del request  # it is the same for everybody
    return _feed(write_rss(list(journal.entries_shown()[:FEED_SIZE])), "application/rss+xml")


@open_to_all
def show_atom(request: HttpRequest) -> HttpResponse:
    """Send the newest entries as Atom (RFC 4287)."""
    del request
    return _feed(write_atom(list(journal.entries_shown()[:FEED_SIZE])), "application/atom+xml")


@require_safe
def show_picture(request: HttpRequest, asset_id: str, side: int | None = None) -> HttpResponseBase:
    """Send a picture, or its small copy, while something public shows it."""
    try:
        response = file_response(asset=journal.find_public_picture(asset_id=asset_id), side=side, request=request)
    except BusinessError as error:
        return _show_error(request, error)
    response["Cache-Control"] = _CACHE_PICTURE
    response["Cross-Origin-Resource-Policy"] = "cross-origin"  # feed readers and platforms show it, too
    return response


def _etag(request: HttpRequest) -> str:
    """Make what changes with the journal, with the address, and with whatever else is on its pages."""
    parts = (journal.fingerprint(), __version__, settings.BASE_URL, settings.JOURNAL_TITLE, request.get_full_path())
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def _frame(address: str) -> dict[str, Any]:
    return {
        "journal_title": journal.journal_title(),
        "canonical": address,
        "rss": f"{journal.journal_url()}rss.xml",
        "atom": f"{journal.journal_url()}atom.xml",
    }


def _path_of_picture(asset_id: str) -> str:
    return reverse("web:journal_picture", args=(asset_id,))


def _frame_tables(html: str) -> str:
    """Let a table that is too wide be moved inside a frame, by keyboard too. Only tags look like tags in clean HTML."""
    frame = format_html('<div class="table-frame" role="region" aria-label="{}" tabindex="0"><table>', _("Table"))
    return html.replace("<table>", frame).replace("</table>", "</table></div>")


def _feed(xml: str, content_type: str) -> HttpResponse:
    return HttpResponse(xml, content_type=f"{content_type}; charset=utf-8")


def _show_error(request: HttpRequest, error: BusinessError) -> HttpResponse:
    context = {**_frame(""), "error": error}
    return render(request, "web/journal/missing.html", context, status=error.status)
