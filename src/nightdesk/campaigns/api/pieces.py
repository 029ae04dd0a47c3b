"""Single pieces over HTTP: edited, locked, written anew, compared with what they were."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from nightdesk.campaigns import services
from nightdesk.campaigns.schemas.pieces import (
    PictureIn,
    PieceOut,
    PiecePatch,
    PieceVersionOut,
    RegeneratePieceIn,
    RestoreIn,
)
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, PageQuery, page_of
from nightdesk.httpkit.schemas import MAX_NUMBER, RowId
from nightdesk.httpkit.submits import Accepted, accepted, submits
from nightdesk.providers.text.channels import Channel

router = Router(tags=["pieces"])
ChannelId = Annotated[Channel, Path(description="The id of a channel, such as linkedin.")]
VersionNumber = Annotated[int, Path(ge=1, le=MAX_NUMBER)]


@router.get("/", response=PieceOut, operation_id="show_piece", summary="Show a piece")
def show_piece(request: HttpRequest, campaign_id: RowId, channel: ChannelId) -> PieceOut:  # noqa: ARG001 (Ninja passes it)
    """Show the current text for one channel."""
    return PieceOut.from_row(services.find_piece(campaign_id=campaign_id, channel=channel.value))


@router.patch("/", response={200: PieceOut, **refusals(409)}, operation_id="edit_piece", summary="Edit a piece")
def edit_piece(request: HttpRequest, campaign_id: RowId, channel: ChannelId, body: PiecePatch) -> PieceOut:
    """Put your text in place of the version you read, as the next version.

    409 `piece_changed` when somebody was faster: nothing is written and nothing of theirs is lost. 409 `piece_locked`.
    A text that the platform would refuse is 400, with `details` by field.
    """
    piece = services.edit_piece(
        campaign_id=campaign_id,
        channel=channel.value,
        fields=body.fields,
        base_version=body.version,
        user_id=actor_of(request).user_id,
    )
    return PieceOut.from_row(piece)


@router.delete("/", response={204: None, **refusals(409)}, operation_id="remove_piece", summary="Remove a piece")
def remove_piece(request: HttpRequest, campaign_id: RowId, channel: ChannelId) -> HttpResponse:  # noqa: ARG001 (Ninja passes it)
    """Remove the piece of a channel that the campaign no longer asks for, with its versions, for good."""
    services.remove_piece(campaign_id=campaign_id, channel=channel.value)
    return HttpResponse(status=204)


@router.post(
    "/regenerate/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="regenerate_piece",
    summary="Write a piece anew",
)
@submits
def regenerate_piece(
    request: HttpRequest, campaign_id: RowId, channel: ChannelId, body: RegeneratePieceIn | None = None
) -> HttpResponse:
    """Write one piece anew; the text there is stays as an older version. What somebody edits meanwhile is not touched.

    409 while it, or all of the campaign, is being written, and while it is locked.
    """
    task_id = services.regenerate_piece(
        campaign_id=campaign_id,
        channel=channel.value,
        wish=body.wish if body else "",
        owner_id=actor_of(request).user_id,
    )
    return accepted(task_id, "campaigns.write_piece task submitted successfully")


@router.post("/lock/", response=PieceOut, operation_id="lock_piece", summary="Lock a piece")
def lock_piece(request: HttpRequest, campaign_id: RowId, channel: ChannelId) -> PieceOut:
    """Keep a piece as it is: regenerating leaves it alone. Locking it again changes nothing."""
    user_id = actor_of(request).user_id
    return PieceOut.from_row(services.lock_piece(campaign_id=campaign_id, channel=channel.value, user_id=user_id))


@router.post("/unlock/", response=PieceOut, operation_id="unlock_piece", summary="Unlock a piece")
def unlock_piece(request: HttpRequest, campaign_id: RowId, channel: ChannelId) -> PieceOut:
    """Let a piece be changed again, whoever locked it."""
    user_id = actor_of(request).user_id
    return PieceOut.from_row(services.unlock_piece(campaign_id=campaign_id, channel=channel.value, user_id=user_id))


@router.put(
    "/picture/",
    response={200: PieceOut, **refusals(409, 410)},
    operation_id="set_piece_picture",
    summary="Set the picture of a piece",
)
def set_piece_picture(request: HttpRequest, campaign_id: RowId, channel: ChannelId, body: PictureIn) -> PieceOut:  # noqa: ARG001 (Ninja passes it)
    """Let a picture go with a piece, in place of the one before; it is kept from now on.

    409 `piece_locked`; 409 `asset_not_ready` while the picture's job runs; 410 when it was not kept and is gone.
    """
    piece = services.set_picture(campaign_id=campaign_id, channel=channel.value, asset_id=body.asset_id)
    return PieceOut.from_row(piece)


@router.delete(
    "/picture/",
    response={200: PieceOut, **refusals(409)},
    operation_id="remove_piece_picture",
    summary="Remove the picture of a piece",
)
def remove_piece_picture(request: HttpRequest, campaign_id: RowId, channel: ChannelId) -> PieceOut:  # noqa: ARG001 (Ninja passes it)
    """Take the picture off a piece; it stays in the library. Safe to repeat."""
    return PieceOut.from_row(services.remove_picture(campaign_id=campaign_id, channel=channel.value))


@router.get(
    "/versions/", response=Page[PieceVersionOut], operation_id="list_piece_versions", summary="List versions of a piece"
)
def list_piece_versions(
    request: HttpRequest, campaign_id: RowId, channel: ChannelId, query: Query[PageQuery]
) -> Page[PieceVersionOut]:
    """List every text there was for this channel, newest first.

    One with a higher number than the piece's `version` came too late to be shown; its first warning says why.
    """
    rows = services.versions_of(campaign_id=campaign_id, channel=channel.value)
    return page_of(request, rows, query, lambda row: PieceVersionOut.from_row(row, channel=channel.value))


@router.post(
    "/versions/{number}/restore/",
    response={200: PieceOut, **refusals(409)},
    operation_id="restore_piece_version",
    summary="Restore a version of a piece",
)
def restore_piece_version(
    request: HttpRequest, campaign_id: RowId, channel: ChannelId, number: VersionNumber, body: RestoreIn
) -> PieceOut:
    """Show an older text again, as the next version; 409 as for an edit."""
    piece = services.restore_version(
        campaign_id=campaign_id,
        channel=channel.value,
        number=number,
        base_version=body.version,
        user_id=actor_of(request).user_id,
    )
    return PieceOut.from_row(piece)
