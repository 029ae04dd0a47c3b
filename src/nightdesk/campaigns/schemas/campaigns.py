"""Shapes of the endpoints of campaigns."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from nightdesk.campaigns.models import (
    MAX_AUDIENCE_CHARS,
    MAX_BRIEF_CHARS,
    MAX_LANGUAGE_CHARS,
    MAX_NAME_CHARS,
    MAX_PRODUCT_CHARS,
    MAX_TONE_CHARS,
    Campaign,
    ContentPiece,
    WritingStatus,
)
from nightdesk.campaigns.schemas.pieces import PieceOut
from nightdesk.campaigns.services.checking import LANGUAGE_TAG
from nightdesk.campaigns.services.costs import CampaignCost
from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import MAX_ROW_ID, In, Out, text
from nightdesk.providers.text.channels import Channel

Name = Annotated[str, text(MAX_NAME_CHARS)]
Brief = Annotated[str, text(MAX_BRIEF_CHARS), Field(description="What it is about, in the words of whoever knows.")]
Product = Annotated[str, text(MAX_PRODUCT_CHARS, shortest=0), Field(description="Name of the product or offer.")]
Audience = Annotated[str, text(MAX_AUDIENCE_CHARS, shortest=0), Field(description="Who should read it.")]
Tone = Annotated[str, text(MAX_TONE_CHARS, shortest=0), Field(description="Free words: friendly, formal, urgent ...")]
Channels = Annotated[
    list[Channel],
    Field(
        min_length=1, max_length=len(Channel), description="Each at most once.", json_schema_extra={"uniqueItems": True}
    ),
]
Language = Annotated[
    str,
    StringConstraints(max_length=MAX_LANGUAGE_CHARS, pattern=LANGUAGE_TAG),
    Field(description="BCP 47 tag, such as en, de or pt-BR."),
]
BrandKitId = Annotated[int, Field(ge=1, le=MAX_ROW_ID, description="The brand kit to write with.")]


class CampaignIn(In):
    """A new campaign. Its content is asked for at once."""

    name: Name
    brief: Brief
    product: Product = ""
    audience: Audience = ""
    tone: Tone = ""
    channels: Channels = Field(default_factory=lambda: list(Channel), description="All channels unless given.")
    language: Language | None = Field(None, description="Guessed from the brief unless given.")
    brand_kit_id: BrandKitId | None = None


class CampaignPatch(In):
    """What to change; fields that are left out stay."""

    name: Name = Field(default_factory=str)
    brief: Brief = Field(default_factory=str)
    product: Product = Field(default_factory=str)
    audience: Audience = Field(default_factory=str)
    tone: Tone = Field(default_factory=str)
    channels: Channels = Field(default_factory=list)
    language: Language = Field(default_factory=str)
    brand_kit_id: BrandKitId | None = Field(None, description="Null takes the brand kit away.")


class CampaignsQuery(PageQuery):
    """Filters of the list of campaigns."""

    status: WritingStatus | None = Field(None, description="Only campaigns whose writing stands here.")
    q: str = Field("", max_length=MAX_NAME_CHARS, description="Only campaigns with this in their name, in any case.")
    created_by: int | None = Field(None, ge=1, le=2**63 - 1, description="Only campaigns of the user with this id.")


class CampaignSummary(Out):
    """A campaign as lists show it. Times are UTC."""

    id: int
    name: str
    product: str
    audience: str
    tone: str
    channels: list[Channel]
    language: str
    created_by: int | None = Field(description="The user's id; null when the user is gone.")
    created_at: datetime
    updated_at: datetime
    generation: int = Field(description="How often its content was asked for.")
    ai_processing_status: WritingStatus
    ai_processing_error: str | None = Field(description="What happened and what to do, where it failed.")
    ai_processed_at: datetime | None = Field(description="When the writing ended, well or badly.")
    task_id: UUID | None = Field(description="The job that writes it: see /api/v1/jobs/{task_id}/.")

    @classmethod
    def from_row(cls, campaign: Campaign, **more: Any) -> Self:
        """Show a campaign's row; reads nothing else."""
        return cls(
            id=campaign.pk,
            name=campaign.name,
            product=campaign.product,
            audience=campaign.audience,
            tone=campaign.tone,
            channels=[Channel(channel) for channel in campaign.channels],
            language=campaign.language,
            created_by=campaign.created_by_id,
            created_at=campaign.created_at,
            updated_at=campaign.updated_at,
            generation=campaign.generation,
            ai_processing_status=WritingStatus(campaign.ai_processing_status),
            ai_processing_error=campaign.ai_processing_error or None,
            ai_processed_at=campaign.ai_processed_at,
            task_id=campaign.task_id,
            **more,
        )


class BrandKitRef(Out):
    """The brand kit of a campaign."""

    id: int
    name: str
    version: int = Field(description="Its newest version.")
    written_with: int | None = Field(description="The version that the present generation is written with, if any.")

    @classmethod
    def of(cls, campaign: Campaign) -> Self | None:
        """Show the kit of a campaign; it must be loaded with it."""
        kit, used = campaign.brand_kit, campaign.brand_version
        if kit is None:
            return None
        written_with = used.number if used is not None and used.kit_id == kit.pk else None
        return cls(id=kit.pk, name=kit.name, version=kit.version, written_with=written_with)


class CostOut(Out):
    """What the models were asked for a campaign. Null: nobody knows; never a made-up 0."""

    calls: int
    tokens_in: int | None
    tokens_out: int | None
    cost_micros: int | None = Field(description="Millionths of `currency`; null with several currencies.")
    currency: str
    calls_without_price: int = Field(description="Calls in no sum that may have cost something.")
    by_currency: dict[str, int]


class CampaignDetail(CampaignSummary):
    """A campaign with its brief and its pieces, in the order of its channels."""

    brief: str
    brand_kit: BrandKitRef | None
    warnings: list[str] = Field(description="Where the campaign demands what its brand kit forbids.")
    cost: CostOut
    pieces: list[PieceOut]

    @classmethod
    def from_rows(cls, campaign: Campaign, pieces: Iterable[ContentPiece], cost: CampaignCost) -> Self:
        """Show a campaign with these pieces."""
        order = [*campaign.channels, *Channel]
        ordered = sorted(pieces, key=lambda piece: order.index(piece.channel))
        return cls.from_row(
            campaign,
            brief=campaign.brief,
            brand_kit=BrandKitRef.of(campaign),
            warnings=campaign.brand_warnings,
            cost=CostOut.model_validate(cost),
            pieces=[PieceOut.from_row(piece) for piece in ordered],
        )
