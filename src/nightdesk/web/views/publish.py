"""Publishing a post: the dialog, the live list that it turns into, its history, and what is done with each account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nightdesk.core.errors import InvalidInput, NotFound
from nightdesk.engine.feed import shared_tail
from nightdesk.publishing import services
from nightdesk.publishing.errors import BeingEdited, PostChanged
from nightdesk.publishing.models import Post
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.parts import render_part
from nightdesk.web.posts.accounts import Check, check_post, list_accounts
from nightdesk.web.posts.form import read_number
from nightdesk.web.posts.history import HistoryFilter, tell_history
from nightdesk.web.posts.places import Place, find_places
from nightdesk.web.posts.status import find_status
from nightdesk.web.saying import say

#: More publishings than these of one post are not shown.
MOST_SHOWN: Final = 200
_PLACES: Final = frozenset({"side-", "dialog-"})


@dataclass(frozen=True, slots=True)
class Choice:
    """An account in the dialog. `there`: this post on it already, in whatever revision."""

    check: Check
    is_ticked: bool
    there: Place | None

    @property
    def can_be_chosen(self) -> bool:
        """Whether it would be sent."""
        return not self.check.account.is_off and not self.check.blockers

    @property
    def is_same(self) -> bool:
        """Whether this very content is out there."""
        return self.there is not None and self.there.row.revision == self.there.row.post.revision


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def publish(request: HttpRequest, post_id: int) -> HttpResponse:
    """Ask where and when a post goes out, and send it; what was chosen stays beside what is wrong."""
    post = services.find_post(post_id=post_id)
    if request.method != "POST":
        return _ask(request, post, set())
    ticked = {
        int(one) for one in request.POST.getlist("account") if one.isascii() and one.isdecimal() and len(one) < 18
    }
    try:
        found = services.publish(
            post_id=post_id,
            asked_by=actor_on(request).user_id,
            account_ids=sorted(ticked),
            scheduled_at=_read_time(request),
            time_zone=request.POST.get("time_zone", ""),
            revision=read_number(request, "version"),
            confirm_editing=request.POST.get("confirm_editing") == "yes",
            again=request.POST.get("again") == "yes",
        )
    except InvalidInput as refusal:
        return _ask(request, post, ticked, complaints=refusal.details, refusal=refusal.public_message, status=400)
    except (BeingEdited, PostChanged) as refusal:
        return _ask(request, post, ticked, refusal=refusal.public_message, status=409)
    if request.headers.get("HX-Request"):
        return _show_status(request, post, found.pk, "web/publish/sent.html")
    return redirect("web:publish_history", post_id)


@require_safe
@never_cache
@signed_in
def show_status(request: HttpRequest, post_id: int, round_id: int) -> HttpResponse:
    """Show how one round of publishing stands, for a page that is open."""
    post = services.find_post(post_id=post_id)
    if not request.headers.get("HX-Request"):
        return redirect("web:publish_history", post_id)
    return _show_status(request, post, round_id, "web/publish/lines.html")


@require_safe
@never_cache
@signed_in
def show_latest(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show how the latest round of publishing stands, for a page that is open."""
    post = services.find_post(post_id=post_id)
    if not request.headers.get("HX-Request"):
        return redirect("web:publish_history", post_id)
    context = {"post": post, "status": find_status(actor_on(request), post), "place": "side-"}
    return render(request, "web/publish/lines.html", context)


@require_safe
@never_cache
@signed_in
def show_history(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show every round in which a post was published, with each attempt on each account."""
    cursor = shared_tail().cursor()
    post = services.find_post(post_id=post_id)
    told = tell_history(actor_on(request), post)
    asked = HistoryFilter.read(request.GET)
    context = {
        "post": post,
        "told": [one for one in told if asked.match(one)][:MOST_SHOWN],
        "asked": asked,
        "accounts": {one.line.row.account_id: one.line for one in told}.values(),
        "cursor": cursor,
        "section": "posts",
    }
    return render_part(request, part="web/publish/told.html", whole="web/publish/history.html", context=context)


@require_POST
@signed_in
def retry(request: HttpRequest, post_id: int, publishing_id: int) -> HttpResponse:
    """Try one account again, and no other."""
    services.retry_publishing(published_post_id=publishing_id, by=actor_on(request).user_id)
    return _after(request, post_id)


@require_POST
@signed_in
def cancel(request: HttpRequest, post_id: int, publishing_id: int) -> HttpResponse:
    """Stop one account that waits or is under way."""
    services.cancel_publishing(published_post_id=publishing_id)
    return _after(request, post_id)


@require_POST
@signed_in
def unpublish(request: HttpRequest, post_id: int, publishing_id: int) -> HttpResponse:
    """Take a post away from one account."""
    services.unpublish(published_post_id=publishing_id, by=actor_on(request).user_id)
    return _after(request, post_id)


@require_POST
@signed_in
def resolve(request: HttpRequest, post_id: int, publishing_id: int) -> HttpResponse:
    """Take a person's word for how an account in doubt ended: it is live at an address, or it is not there."""
    not_there = request.POST.get("outcome") == "not_there"
    services.resolve_publishing(
        published_post_id=publishing_id,
        by=actor_on(request).user_id,
        live_at=None if not_there else request.POST.get("live_at", "").strip(),
        not_there=not_there,
    )
    return _after(request, post_id)


def _ask(
    request: HttpRequest,
    post: Post,
    ticked: set[int],
    *,
    complaints: dict[str, list[str]] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    cursor = shared_tail().cursor()
    there = {place.row.account_id: place for place in find_places([post])[post.pk]}
    checks = [check_post(post, account) for account in list_accounts(post)]
    choices = [Choice(one, one.account.row.pk in ticked, there.get(one.account.row.pk)) for one in checks]
    other = services.editor_of(post_id=post.pk, besides=actor_on(request).user_id)
    context = {
        "post": post,
        "choices": choices,
        "groups": _group(choices),
        "other": other,
        "asked": request.POST if request.method == "POST" else {},
        "complaints": complaints or {},
        "said": [one for name, said in (complaints or {}).items() if name != "scheduled_at" for one in said],
        "refusal": refusal if not complaints else "",
        "zone": timezone.get_current_timezone_name(),
        "zones": sorted(available_timezones()),
        "has_older": any(one.there is not None and not one.is_same for one in choices),
        "cursor": cursor,
        "section": "posts",
    }
    return render_part(
        request, part="web/publish/dialog.html", whole="web/publish/page.html", context=context, status=status
    )


def _group(choices: list[Choice]) -> list[tuple[str, list[Choice]]]:
    groups: dict[str, list[Choice]] = {}
    for choice in choices:
        groups.setdefault(choice.check.account.info.title, []).append(choice)
    return list(groups.items())


def _read_time(request: HttpRequest) -> datetime | None:
    if request.POST.get("when") != "later":
        return None
    return services.read_moment(text=request.POST.get("scheduled_at", ""), time_zone=request.POST.get("time_zone", ""))


def _show_status(request: HttpRequest, post: Post, round_id: int, template: str) -> HttpResponse:
    found = find_status(actor_on(request), post, round_id)
    if found is None:
        raise NotFound(_("This was deleted. Load the page again."))
    response = render(request, template, {"post": post, "status": found, "place": _read_place(request)})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _read_place(request: HttpRequest) -> str:
    """Return the part of the page in which a round is shown: the same one may be there twice."""
    place = request.GET.get("place", "dialog-")
    return place if place in _PLACES else "dialog-"


def _after(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show the round of the account anew: in the dialog or on the page where the button was."""
    post = services.find_post(post_id=post_id)
    if not request.headers.get("HX-Request"):
        return say(request, redirect("web:publish_history", post_id), _("Done."))
    return _show_status(request, post, read_number(request, "round"), "web/publish/lines.html")
