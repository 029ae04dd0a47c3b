"""One piece of a campaign: edit, lock, write anew, look at its versions."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nightdesk.campaigns import services
from nightdesk.campaigns.errors import PieceChanged, PieceLocked, PieceNotFound
from nightdesk.campaigns.models import MAX_WISH_CHARS, ContentPiece
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.models import Job
from nightdesk.engine.queries import visible_jobs
from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.parts import render_part
from nightdesk.web.pieces import SPARE_TEXTS, parts_of, show_piece
from nightdesk.web.saying import say
from nightdesk.web.versions import Versions


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest, campaign_id: int, channel: str) -> HttpResponse:
    """Show one piece: its card for a page that is open, else the campaign's page."""
    piece = _find(campaign_id, channel)
    return _card(request, piece) if request.headers.get("HX-Request") else _to_campaign(campaign_id, channel)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def edit(request: HttpRequest, campaign_id: int, channel: str) -> HttpResponse:
    """Let a person write; whoever comes second sees both texts, and what they typed is still there."""
    piece = _find(campaign_id, channel)
    if request.method != "POST":
        return _form(request, piece, piece.fields, version=piece.version)
    fields, version = _read_fields(request, channel), _read_version(request)
    if request.POST.get("unlock") == "yes":
        services.unlock_piece(campaign_id=campaign_id, channel=channel, user_id=actor_on(request).user_id)
    try:
        saved = services.edit_piece(
            campaign_id=campaign_id,
            channel=channel,
            fields=fields,
            base_version=version,
            user_id=actor_on(request).user_id,
        )
    except InvalidInput as refusal:
        return _form(request, piece, fields, version=version, complaints=refusal.details, status=400)
    except PieceChanged:
        newest = _find(campaign_id, channel)
        return _form(request, newest, fields, version=newest.version, overtaken=True, status=409)
    except PieceLocked:
        return _form(request, _find(campaign_id, channel), fields, version=version, was_locked=True, status=409)
    if not request.headers.get("HX-Request"):
        return say(request, _to_campaign(campaign_id, channel), _("Saved."))
    return say(request, _card(request, saved, came_back=True), _("Saved."))


@require_POST
@signed_in
def lock(request: HttpRequest, campaign_id: int, channel: str) -> HttpResponse:
    """Let regenerations leave a piece alone."""
    _find(campaign_id, channel)
    piece = services.lock_piece(campaign_id=campaign_id, channel=channel, user_id=actor_on(request).user_id)
    return _after(request, piece, _("Locked. It stays as it is until somebody unlocks it."))


@require_POST
@signed_in
def unlock(request: HttpRequest, campaign_id: int, channel: str) -> HttpResponse:
    """Let a piece be changed again."""
    _find(campaign_id, channel)
    piece = services.unlock_piece(campaign_id=campaign_id, channel=channel, user_id=actor_on(request).user_id)
    return _after(request, piece, _("Unlocked."))


@require_POST
@signed_in
def regenerate(request: HttpRequest, campaign_id: int, channel: str) -> HttpResponse:
    """Ask for one piece to be written anew, with a wish or without."""
    _find(campaign_id, channel)
    services.regenerate_piece(
        campaign_id=campaign_id,
        channel=channel,
        wish=request.POST.get("wish", ""),
        owner_id=actor_on(request).user_id,
    )
    return _after(request, _find(campaign_id, channel), "")


@require_POST
@signed_in
def remove(request: HttpRequest, campaign_id: int, channel: str) -> HttpResponse:
    """Remove the piece of a channel that is no longer asked for."""
    _find(campaign_id, channel)
    services.remove_piece(campaign_id=campaign_id, channel=channel)
    return say(request, redirect("web:campaign", campaign_id), _("The piece is removed."))


@require_POST
@signed_in
def remove_picture(request: HttpRequest, campaign_id: int, channel: str) -> HttpResponse:
    """Take the picture off a piece; it stays in the library."""
    _find(campaign_id, channel)
    piece = services.remove_picture(campaign_id=campaign_id, channel=channel)
    return _after(request, piece, _("The picture is taken off. It stays in the library."))


@require_safe
@never_cache
@signed_in
def show_versions(request: HttpRequest, campaign_id: int, channel: str) -> HttpResponse:
    """List the versions of a piece, and show what differs between two of them."""
    piece = _find(campaign_id, channel)
    asked = request.GET
    versions = Versions(piece, asked.get("page", ""))
    context = {
        "campaign": piece.campaign,
        "piece": piece,
        "title": CHANNELS[Channel(channel)].title,
        "page": versions.page,
        "compared": versions.compare(asked.get("from", ""), asked.get("to", "")),
        "section": "campaigns",
    }
    return render(request, "web/pieces/versions.html", context)


@require_POST
@signed_in
def restore(request: HttpRequest, campaign_id: int, channel: str, number: int) -> HttpResponse:
    """Show an older text again, as a new version."""
    _find(campaign_id, channel)
    services.restore_version(
        campaign_id=campaign_id,
        channel=channel,
        number=number,
        base_version=_read_version(request),
        user_id=actor_on(request).user_id,
    )
    said = _("Version %(number)s is shown again, as a new version.") % {"number": number}
    return say(request, _to_campaign(campaign_id, channel), said)


def _find(campaign_id: int, channel: str) -> ContentPiece:
    if channel not in CHANNELS:
        raise PieceNotFound
    return services.find_piece(campaign_id=campaign_id, channel=channel)


def _read_version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidInput(_("This form is incomplete. Load the page again and repeat it."))
    return int(text)


def _read_fields(request: HttpRequest, channel: str) -> dict[str, Any]:
    """Read the texts of the form; empty ones of a list are left out. Browsers send line ends as CR LF."""
    fields: dict[str, Any] = {}
    for field in CHANNELS[Channel(channel)].fields:
        texts = [text.replace("\r\n", "\n") for text in request.POST.getlist(field.name)]
        fields[field.name] = [text for text in texts if text.strip()] if field.most > 1 else "".join(texts[:1])
    return fields


def _form(
    request: HttpRequest,
    piece: ContentPiece,
    fields: dict[str, Any],
    *,
    version: int,
    complaints: dict[str, list[str]] | None = None,
    overtaken: bool = False,
    was_locked: bool = False,
    status: int = 200,
) -> HttpResponse:
    newest = piece.versions.select_related("author").filter(number=piece.version).first() if overtaken else None
    context = {
        "campaign": piece.campaign,
        "piece": piece,
        "title": CHANNELS[Channel(piece.channel)].title,
        "parts": parts_of(piece.channel, fields, complaints, spare=SPARE_TEXTS),
        "theirs": parts_of(piece.channel, piece.fields) if overtaken else [],
        "newest": newest,
        "overtaken": overtaken,
        "version": version,
        "was_locked": was_locked or (piece.is_locked and not overtaken),
        "complaints": complaints or {},
        "section": "campaigns",
    }
    return render_part(
        request, part="web/pieces/form.html", whole="web/pieces/edit.html", context=context, status=status
    )


def _after(request: HttpRequest, piece: ContentPiece, text: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        response = _card(request, piece, came_back=True)
    else:
        response = _to_campaign(piece.campaign_id, piece.channel)
    return say(request, response, text) if text else response


def _to_campaign(campaign_id: int, channel: str) -> HttpResponse:
    return redirect(f"{reverse('web:campaign', args=[campaign_id])}#piece-{channel}")


def _card(request: HttpRequest, piece: ContentPiece, *, came_back: bool = False) -> HttpResponse:
    shown = show_piece(piece.campaign, piece.channel, piece, jobs_of(request, [piece]))
    context = {"campaign": piece.campaign, "shown": shown, "came_back": came_back, "max_wish": MAX_WISH_CHARS}
    return render(request, "web/pieces/card.html", context)


def jobs_of(request: HttpRequest, pieces: list[ContentPiece]) -> dict[UUID, Job]:
    """Return those jobs that write single pieces and that the reader may see, by id; no query when there is none."""
    ids = [piece.task_id for piece in pieces if piece.task_id]
    actor = actor_on(request)
    return visible_jobs(user_id=actor.user_id, operator=actor.operator).in_bulk(ids) if ids else {}
