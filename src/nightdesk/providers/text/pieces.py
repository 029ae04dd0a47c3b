"""The typed fields of each channel's piece. Their limits are data in `channels.py`."""

from typing import Final

from pydantic import BaseModel, ConfigDict

from nightdesk.providers.text.channels import Channel


class PieceFields(BaseModel):
    """What every channel's fields share: nothing unknown, nothing changed once written."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GoogleRsaFields(PieceFields):
    """A responsive search ad: Google combines headlines and descriptions as it sees fit."""

    headlines: list[str]
    descriptions: list[str]
    path1: str = ""
    path2: str = ""


class MetaFeedFields(PieceFields):
    """An ad in the Facebook or Instagram feed."""

    primary_text: str
    headline: str
    description: str


class LinkedInFields(PieceFields):
    """A single image ad, or the text of a post with a link."""

    intro: str
    headline: str
    description: str


class XFields(PieceFields):
    """One post on X."""

    text: str


class EmailFields(PieceFields):
    """One message; the body is plain text with Markdown lists."""

    subject: str
    preheader: str
    body: str


class BlogFields(PieceFields):
    """One article; the body is Markdown without a first-level heading."""

    title: str
    meta_description: str
    body: str


FIELDS: Final[dict[Channel, type[PieceFields]]] = {
    Channel.GOOGLE_RSA: GoogleRsaFields,
    Channel.META_FEED: MetaFeedFields,
    Channel.LINKEDIN: LinkedInFields,
    Channel.X: XFields,
    Channel.EMAIL: EmailFields,
    Channel.BLOG: BlogFields,
}
