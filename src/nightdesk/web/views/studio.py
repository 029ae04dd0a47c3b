"""The Studio: pictures in the library, jobs in the queue, results beside each other."""

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from nightdesk.core.errors import BusinessError, InvalidInput, NotFound
from nightdesk.engine.feed import shared_tail
from nightdesk.httpkit.large_bodies import accepts_bytes
from nightdesk.images import services
from nightdesk.images.models import Asset
from nightdesk.web import desk
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.studio import runs
from nightdesk.web.studio.files import take_in
from nightdesk.web.studio.library import LibraryFilter
from nightdesk.web.studio.pieces import PieceChoice, find_piece_choice

PAGE_SIZE: Final = 24
#: More files than this are not read at once.
MOST_FILES: Final = 20
_AROUND_A_FILE_BYTES: Final = 64 * 1024
MOST_COMPARED: Final = 4
#: Parts of the page that are fetched anew by themselves -> their templates.
PARTS: Final = {"queue": "queue.html", "results": "results.html", "library": "tiles.html"}


@require_safe
@never_cache
@signed_in
def show_library(request: HttpRequest) -> HttpResponse:
    """Show the pictures that match the address, newest first, with the queue and the last results above them."""
    cursor = shared_tail().cursor()
    part = request.GET.get("part", "") if request.headers.get("HX-Request") else ""
    if part in PARTS:
        response = render(request, f"web/studio/{PARTS[part]}", _CONTENTS[part](request))
    else:
        context = {"cursor": cursor, "section": "studio"}
        for read in _CONTENTS.values():
            context |= read(request)
        response = render(request, "web/studio/library.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@accepts_bytes(MOST_FILES * (services.MAX_BYTES + _AROUND_A_FILE_BYTES))
@require_POST
@never_cache
@signed_in
def upload(request: HttpRequest) -> HttpResponse:
    """Take pictures in. Each one is looked at by itself: one that is refused does not stop the others."""
    files = request.FILES.getlist("pictures")
    if not files or len(files) > MOST_FILES:
        raise InvalidInput(_("Choose at least one picture, and at most %(most)d at once.") % {"most": MOST_FILES})
    owner_id = actor_on(request).user_id
    taken: list[Asset] = []
    refused: list[tuple[str, str]] = []
    for file in files:
        try:
            taken.append(take_in(file, owner_id=owner_id))
        except BusinessError as refusal:
            refused.append((file.name or "", refusal.public_message))
    if request.headers.get("HX-Request"):
        context = {"taken": taken, "refused": refused}
        return render(request, "web/studio/uploaded.html", context, status=400 if refused and not taken else 200)
    return _tell(request, len(taken), refused)


@require_GET
@never_cache
@signed_in
def compare(request: HttpRequest) -> HttpResponse:
    """Show pictures beside each other; two of one shape on top of each other, with a slider between them."""
    ids = list(dict.fromkeys(request.GET.getlist("picture")))[:MOST_COMPARED]
    found = Asset.objects.in_bulk(ids)
    shown = [asset for asset in (found.get(pk) for pk in ids) if asset is not None and is_shown(asset)]
    if len(shown) < 2:
        raise InvalidInput(_("Tick at least two pictures that are still there, then compare them."))
    over = len(shown) == 2 and has_same_shape(*shown)
    context = {"pictures": shown, "over": over, "section": "studio"}
    return render(request, "web/studio/compare.html", context)


def is_shown(asset: Asset) -> bool:
    """Whether its file can be looked at."""
    return asset.state == "ready" and not asset.is_expired


def has_same_shape(one: Asset, other: Asset) -> bool:
    """Whether two pictures cover each other when they are shown at one size, to a hundredth."""
    return abs(one.width * other.height - other.width * one.height) <= 0.01 * one.width * other.height


def _read_queue(request: HttpRequest) -> dict[str, Any]:
    return {"queue": desk.with_subjects(runs.find_queue(actor_on(request)))}


def _read_results(request: HttpRequest) -> dict[str, Any]:
    return {"results": runs.find_results(actor_on(request))}


def _read_library(request: HttpRequest) -> dict[str, Any]:
    asked = LibraryFilter.read(request.GET)
    assets = asked.apply(services.assets_shown(), user_id=actor_on(request).user_id)
    page = Paginator(assets, PAGE_SIZE).get_page(request.GET.get("page"))
    return {"page": page, "asked": asked, "piece": _piece_to_fill(request)}


_CONTENTS: Final = {"queue": _read_queue, "results": _read_results, "library": _read_library}


def _piece_to_fill(request: HttpRequest) -> PieceChoice | None:
    """Read for which piece a picture is being looked for; None: for none, or it is gone."""
    wanted = request.GET.get("for", "")
    try:
        return find_piece_choice(wanted) if wanted else None
    except NotFound:
        return None


def _tell(request: HttpRequest, taken: int, refused: list[tuple[str, str]]) -> HttpResponse:
    if taken:
        said = ngettext(
            "%(count)d picture is being read. It appears in the library when it is ready.",
            "%(count)d pictures are being read. They appear in the library when they are ready.",
            taken,
        )
        messages.success(request, said % {"count": taken})
    for name, why in refused:
        messages.error(request, f"{name}: {why}")
    return redirect("web:studio")
