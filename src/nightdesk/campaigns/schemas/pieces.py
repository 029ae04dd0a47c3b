"""Shapes of the endpoints of pieces."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from nightdesk.campaigns.models import MAX_FIELD_CHARS, MAX_WISH_CHARS, ContentPiece, Origin, PieceVersion
from nightdesk.httpkit.schemas import MAX_NUMBER, In, Out, text
from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.pieces import (
    FIELDS,
    BlogFields,
    EmailFields,
    GoogleRsaFields,
    LinkedInFields,
    MetaFeedFields,
    XFields,
)

ShownFields = GoogleRsaFields | MetaFeedFields | LinkedInFields | XFields | EmailFields | BlogFields

#: An id has 24 characters; a longer text is none of ours.
MAX_ASSET_ID_CHARS = 64
_MOST_TEXTS = max(field.most for spec in CHANNELS.values() for field in spec.fields)
_MOST_FIELDS = max(len(spec.fields) for spec in CHANNELS.values())
_Words = Annotated[str, StringConstraints(max_length=MAX_FIELD_CHARS)]
#: The version that a change was made from.
BaseVersion = Annotated[
    int, Field(ge=1, le=MAX_NUMBER, description="The version you read; 409 when there is a newer one by now.")
]
MADE_BY = Field(description="`template`: no model was involved.")
WARNINGS = Field(description="What to know before using it, in plain words.")
PROMPT_VERSION = Field(description="The prompt that a model was given; empty where there was none.")


class PiecePatch(In):
    """A person's text for a piece; fields that are left out stay."""

    fields: Annotated[
        dict[str, _Words | Annotated[list[_Words], Field(max_length=_MOST_TEXTS)]],
        Field(min_length=1, max_length=_MOST_FIELDS, description="By name, as the piece shows them."),
    ]
    version: BaseVersion


class RegeneratePieceIn(In):
    """What should be different."""

    wish: Annotated[str, text(MAX_WISH_CHARS, shortest=0), Field(description="Such as: shorter, and less formal.")] = ""


class RestoreIn(In):
    """Which version was on the screen."""

    version: BaseVersion


class PictureIn(In):
    """Which picture goes with a piece."""

    asset_id: Annotated[
        str, text(MAX_ASSET_ID_CHARS), Field(description="The id of a picture in the library that is ready.")
    ]


class PieceOut(Out):
    """The current text for one channel."""

    channel: Channel
    channel_title: str
    fields: ShownFields
    made_by: str = MADE_BY
    origin: Origin = Field(description="`edited`, `restored`: by a person, out of what `made_by` wrote.")
    version: int = Field(description="Send it along with what you change.")
    generation: int = Field(description="Older than the campaign's: it is from an earlier writing.")
    warnings: list[str] = WARNINGS
    locked: bool = Field(description="Regenerating leaves it alone, and nobody can edit it.")
    locked_by: int | None = Field(description="The id of the user who locked it; null when the user is gone.")
    task_id: UUID | None = Field(description="The job that writes this one piece anew, or that failed to.")
    prompt_version: str = PROMPT_VERSION
    picture: str | None = Field(description="The id of the asset that goes with the text.")
    picture_url: str | None = Field(description="Where its file is.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_row(cls, piece: ContentPiece) -> Self:
        """Show a piece's row; reads nothing else."""
        return cls(
            channel=Channel(piece.channel),
            channel_title=piece.channel_title,
            fields=_typed(piece.channel, piece.fields),
            made_by=piece.made_by,
            origin=Origin(piece.origin),
            version=piece.version,
            generation=piece.generation,
            warnings=piece.warnings,
            locked=piece.is_locked,
            locked_by=piece.locked_by_id,
            task_id=piece.task_id,
            prompt_version=piece.prompt_version,
            picture=piece.picture_id,
            picture_url=f"/api/v1/assets/{piece.picture_id}/file/" if piece.picture_id else None,
            created_at=piece.created_at,
            updated_at=piece.updated_at,
        )


class PieceVersionOut(Out):
    """One text there was for a channel."""

    number: int
    fields: ShownFields
    made_by: str = MADE_BY
    origin: Origin
    warnings: list[str] = WARNINGS
    author: int | None = Field(description="The id of the user who edited or restored it.")
    task_id: UUID | None = Field(description="The job that wrote it.")
    brand_version: int | None = Field(description="The version of the brand kit that it was written with.")
    prompt_version: str = PROMPT_VERSION
    generation: int
    created_at: datetime

    @classmethod
    def from_row(cls, version: PieceVersion, *, channel: str) -> Self:
        """Show a version's row; its brand version must be loaded with it."""
        return cls(
            number=version.number,
            fields=_typed(channel, version.fields),
            made_by=version.made_by,
            origin=Origin(version.origin),
            warnings=version.warnings,
            author=version.author_id,
            task_id=version.job_id,
            brand_version=version.brand_version.number if version.brand_version else None,
            prompt_version=version.prompt_version,
            generation=version.generation,
            created_at=version.created_at,
        )


def _typed(channel: str, fields: object) -> ShownFields:
    typed: ShownFields = FIELDS[Channel(channel)].model_validate(fields)  # type: ignore[assignment]
    return typed
