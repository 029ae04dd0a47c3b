"""Shapes of the endpoints of brand kits."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from nightdesk.campaigns.models import (
    MAX_COLOUR_NAME_CHARS,
    MAX_COLOURS,
    MAX_KIT_AUDIENCE_CHARS,
    MAX_KIT_NAME_CHARS,
    MAX_VOICE_CHARS,
    MAX_WORD_CHARS,
    MAX_WORDS,
    BrandKitVersion,
)
from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import MAX_NUMBER, In, Out, text

KitName = Annotated[str, text(MAX_KIT_NAME_CHARS)]
Voice = Annotated[str, text(MAX_VOICE_CHARS, shortest=0), Field(description="How the brand speaks, in plain words.")]
KitAudience = Annotated[str, text(MAX_KIT_AUDIENCE_CHARS, shortest=0), Field(description="Whom it speaks to.")]
Words = Annotated[
    list[Annotated[str, text(MAX_WORD_CHARS, shortest=0)]],
    Field(max_length=MAX_WORDS, description="Words or phrases, in any case; said twice counts once."),
]


class Colour(In):
    """A colour of the brand."""

    name: Annotated[str, text(MAX_COLOUR_NAME_CHARS, shortest=0)] = ""
    hex: Annotated[str, StringConstraints(pattern=r"^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")] = Field(
        description="Such as #1F6FEB."
    )


Colours = Annotated[list[Colour], Field(max_length=MAX_COLOURS)]


class BrandKitIn(In):
    """A new brand kit."""

    name: KitName
    voice: Voice = ""
    audience: KitAudience = ""
    words_to_use: Words = []
    words_to_avoid: Words = []
    colours: Colours = []


class BrandKitPatch(In):
    """What to change, and the version it was changed from; fields that are left out stay."""

    version: Annotated[
        int, Field(ge=1, le=MAX_NUMBER, description="The version you read; 409 when there is a newer one by now.")
    ]
    name: KitName = Field(default_factory=str)
    voice: Voice = Field(default_factory=str)
    audience: KitAudience = Field(default_factory=str)
    words_to_use: Words = Field(default_factory=list)
    words_to_avoid: Words = Field(default_factory=list)
    colours: Colours = Field(default_factory=list)


class BrandKitsQuery(PageQuery):
    """Filters of the list of brand kits."""

    archived: bool = Field(default=False, description="Those that are archived, instead of those in use.")
    q: str = Field("", max_length=MAX_KIT_NAME_CHARS, description="Only kits with this in their name, in any case.")


class BrandContent(Out):
    """What a version of a brand kit says."""

    voice: str
    audience: str
    words_to_use: list[str]
    words_to_avoid: list[str]
    colours: list[Colour]


class BrandKitOut(BrandContent):
    """A brand kit as it stands now."""

    id: int
    name: str
    version: int = Field(description="Send it along with what you change.")
    created_by: int | None = Field(description="The user's id; null when the user is gone.")
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @classmethod
    def from_row(cls, newest: BrandKitVersion) -> Self:
        """Show a kit with its newest version; the kit must be loaded with it."""
        kit = newest.kit
        return cls(
            id=kit.pk,
            name=kit.name,
            version=kit.version,
            created_by=kit.created_by_id,
            created_at=kit.created_at,
            updated_at=kit.updated_at,
            archived_at=kit.archived_at,
            **_content(newest),
        )


class BrandKitVersionOut(BrandContent):
    """What a brand kit said from some moment on."""

    number: int
    created_by: int | None = Field(description="The user's id; null when the user is gone.")
    created_at: datetime

    @classmethod
    def from_row(cls, version: BrandKitVersion) -> Self:
        """Show a version's row; reads nothing else."""
        return cls(
            number=version.number,
            created_by=version.created_by_id,
            created_at=version.created_at,
            **_content(version),
        )


def _content(version: BrandKitVersion) -> dict[str, object]:
    return {name: getattr(version, name) for name in BrandContent.model_fields}
