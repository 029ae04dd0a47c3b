"""The versions of a piece: one more, shown or only kept. The one place that writes them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Max

from nightdesk.campaigns.models import ContentPiece, Origin, PieceVersion

#: Why a writer's text is kept beside the piece and not shown: a person's word counts more.
WAS_CHANGED: Final = (
    "Somebody changed the piece while this was being written, so theirs is shown. Restore this to use it."
)
WAS_LOCKED: Final = "The piece was locked while this was being written, so it is not shown. Unlock it to restore this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text for a channel, with where it comes from."""

    fields: dict[str, Any]
    made_by: str
    warnings: list[str]
    origin: Origin
    generation: int
    created_at: datetime
    prompt_version: str = ""
    brand_version_id: int | None = None
    author_id: int | None = None
    job_id: UUID | None = None


def add_version(piece: ContentPiece, text: Text, *, shown: bool) -> PieceVersion:
    """Keep a text as the next version of a piece, and show it if `shown`. The piece's row must be locked.

    Version numbers only grow, also over versions that were kept and never shown.
    """
    newest = piece.versions.aggregate(newest=Max("number"))["newest"] or 0
    version = PieceVersion.objects.create(
        piece=piece,
        number=max(newest, piece.version) + 1,
        fields=text.fields,
        made_by=text.made_by,
        warnings=text.warnings,
        origin=text.origin,
        author_id=text.author_id,
        job_id=text.job_id,
        brand_version_id=text.brand_version_id,
        prompt_version=text.prompt_version,
        generation=text.generation,
        created_at=text.created_at,
    )
    if shown:
        _show(piece, version)
    return version


def keep_aside(piece: ContentPiece, text: Text, why: str) -> PieceVersion:
    """Keep a text as a version that is not shown, and say why. The piece's row must be locked."""
    return add_version(piece, replace(text, warnings=[why, *text.warnings]), shown=False)


def lock_row(campaign_id: int, channel: str) -> ContentPiece | None:
    """Return the piece of a channel, whose row nobody else changes until the end of the transaction; None: there is none."""
    # Says what the row says already, to lock it: select_for_update is silently ignored on SQLite.
    rows = ContentPiece.objects.filter(campaign_id=campaign_id, channel=channel)
    return rows.select_related("campaign").get() if rows.update(channel=channel) else None


def add_piece(campaign_id: int, channel: str, text: Text) -> ContentPiece:
    """Make the piece of a channel with its first version. There must be none."""
    piece = ContentPiece(campaign_id=campaign_id, channel=channel, version=0, created_at=text.created_at)
    piece.fields, piece.made_by, piece.generation = text.fields, text.made_by, text.generation
    piece.save(force_insert=True)
    add_version(piece, text, shown=True)
    return piece


def _show(piece: ContentPiece, version: PieceVersion) -> None:
    piece.version = version.number
    piece.fields = version.fields
    piece.made_by = version.made_by
    piece.warnings = version.warnings
    piece.origin = version.origin
    piece.prompt_version = version.prompt_version
    piece.generation = version.generation
    piece.updated_at = version.created_at
    piece.save(
        update_fields=[
            "version",
            "fields",
            "made_by",
            "warnings",
            "origin",
            "prompt_version",
            "generation",
            "updated_at",
        ]
    )
