"""Shapes of the endpoints of posts."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, StringConstraints

from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import MAX_NUMBER, MAX_ROW_ID, In, Out
from nightdesk.providers.publishing.protocol import Complaint, Count, Rendering, Unit
from nightdesk.providers.text.channels import Channel
from nightdesk.publishing.models import (
    MAX_BODY_CHARS,
    MAX_EXCERPT_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TITLE_CHARS,
    MAX_URL_CHARS,
    PlatformAccount,
    Post,
    PostRevision,
    PostState,
)
from nightdesk.publishing.services import CopyText, PostFields, show_pictures

#: What people may choose of `PostState`.
ChosenState = Literal["draft", "review", "approved"]

#: Where a post can only be pasted: `services.TARGETS`.
CopyTarget = Literal["medium", "hashnode", "x"]

#: An id has 24 characters; with `asset:` before it a few more.
_MAX_ASSET_CHARS = 64
#: Trimmed by the services, so a little more than is kept may be sent.
_ROOM = 2
_MAX_OVERRIDES = 100


def _words(longest: int) -> Any:
    return StringConstraints(max_length=longest * _ROOM)


Title = Annotated[str, _words(MAX_TITLE_CHARS)]
Body = Annotated[
    str,
    StringConstraints(max_length=MAX_BODY_CHARS),
    Field(description="CommonMark, with tables; a picture is `![what it shows](asset:<id>)`."),
]
Excerpt = Annotated[str, _words(MAX_EXCERPT_CHARS)]
Tags = Annotated[
    list[Annotated[str, _words(MAX_TAG_CHARS)]],
    Field(max_length=MAX_TAGS, description="One that comes again, in whatever case, counts once."),
]
CanonicalUrl = Annotated[
    str, _words(MAX_URL_CHARS), Field(description="Where it was published first, if not here: a whole address.")
]
Cover = Annotated[
    Annotated[str, StringConstraints(max_length=_MAX_ASSET_CHARS)] | None,
    Field(description="The id of a picture in the library; it is kept from now on."),
]
CoverAlt = Annotated[str, _words(MAX_URL_CHARS)]
UnpublishAt = Annotated[
    datetime | None,
    Field(description="When, with its offset, it is taken away again, where a platform can do that."),
]
BaseRevision = Annotated[
    int, Field(ge=1, le=MAX_NUMBER, description="The revision you read; 409 when there is a newer one by now.")
]


class OverrideIn(In):
    """What is different on one account. What is left empty is not different."""

    title: Title = ""
    body: Body = ""
    excerpt: Excerpt = ""
    tags: Tags = []
    canonical_url: CanonicalUrl = ""
    options: Annotated[
        dict[str, Annotated[str, StringConstraints(max_length=2_000)]],
        Field(max_length=20, description="Of the platform: `GET /api/platforms/` lists them."),
    ] = {}


Overrides = Annotated[
    dict[str, OverrideIn],
    Field(max_length=_MAX_OVERRIDES, description="By the id of an account, as text; replaced as a whole."),
]


class PieceOf(In):
    """A piece of a campaign."""

    campaign_id: Annotated[int, Field(ge=1, le=MAX_ROW_ID)]
    channel: Channel


class PostIn(In):
    """A new post: a draft."""

    title: Title = Field(default_factory=str)
    body: Body = Field(default_factory=str)
    excerpt: Excerpt = Field(default_factory=str)
    tags: Tags = Field(default_factory=list)
    canonical_url: CanonicalUrl = Field(default_factory=str)
    cover: Cover = None
    cover_alt: CoverAlt = Field(default_factory=str)
    overrides: Overrides = Field(default_factory=dict)
    unpublish_at: UnpublishAt = None
    piece: PieceOf | None = Field(None, description="It begins with this piece's text and picture.")


class PostPatch(In):
    """What to change, and the revision it was changed from; fields that are left out stay."""

    revision: BaseRevision
    title: Title = Field(default_factory=str)
    body: Body = Field(default_factory=str)
    excerpt: Excerpt = Field(default_factory=str)
    tags: Tags = Field(default_factory=list)
    canonical_url: CanonicalUrl = Field(default_factory=str)
    cover: Cover = None
    cover_alt: CoverAlt = Field(default_factory=str)
    overrides: Overrides = Field(default_factory=dict)
    unpublish_at: UnpublishAt = None


def fields_sent(body: PostIn | PostPatch) -> PostFields:
    """Return the fields of a post that were sent, for the services."""
    sent = body.model_fields_set - {"revision", "piece"}
    fields: dict[str, Any] = {name: getattr(body, name) for name in sent}
    if "overrides" in fields:
        fields["overrides"] = {
            key: one.model_dump(include=one.model_fields_set) for key, one in fields["overrides"].items()
        }
    return cast("PostFields", fields)


class StateIn(In):
    """Where a post stands with its authors."""

    state: ChosenState


class RestoreRevisionIn(In):
    """Which revision was on the screen."""

    revision: BaseRevision


class PostsQuery(PageQuery):
    """Filters of the list."""

    state: PostState | None = Field(None, description="Only posts in this state.")
    q: str = Field("", max_length=MAX_TITLE_CHARS, description="Only posts with this in their text, in any case.")


class PreviewQuery(In):
    """For whom."""

    account: Annotated[int, Field(ge=1, le=MAX_ROW_ID, description="The id of an account.")]


class PostSummary(Out):
    """A post in a list."""

    id: int
    title: str
    excerpt: str
    tags: list[str]
    cover: str | None = Field(description="The id of a picture.")
    state: PostState = Field(description="People choose draft, review and approved; the others follow.")
    revision: int = Field(description="Send it along with what you change.")
    author: int | None = Field(description="The user's id; null when the user is gone.")
    unpublish_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_row(cls, post: Post) -> Self:
        """Show a post's row; reads nothing else."""
        return cls(**_summary(post))


class PostDetail(PostSummary):
    """A post as it stands now."""

    body: str
    canonical_url: str
    cover_alt: str
    overrides: dict[str, dict[str, Any]] = Field(description="What is different, by the id of an account.")
    piece: int | None = Field(description="The id of the campaign's piece that it came from.")
    edited_by: str | None = Field(description="Who has it open in the editor just now, besides you.")

    @classmethod
    def from_rows(cls, post: Post, edited_by: str | None) -> Self:
        """Show a post, with the name of whoever has it open."""
        return cls(
            **_summary(post),
            body=post.body,
            canonical_url=post.canonical_url,
            cover_alt=post.cover_alt,
            overrides=post.overrides,
            piece=post.piece_id,
            edited_by=edited_by,
        )


def _summary(post: Post) -> dict[str, Any]:
    return {
        "id": post.pk,
        "title": post.title,
        "excerpt": post.excerpt,
        "tags": post.tags,
        "cover": post.cover_id,
        "state": PostState(post.state),
        "revision": post.revision,
        "author": post.author_id,
        "unpublish_at": post.unpublish_at,
        "created_at": post.created_at,
        "updated_at": post.updated_at,
    }


class RevisionOut(Out):
    """One content that a post had."""

    number: int
    author: int | None = Field(description="The user's id; null when the user is gone.")
    created_at: datetime
    content: dict[str, Any] = Field(description="The fields of the post, as they were.")

    @classmethod
    def from_row(cls, revision: PostRevision) -> Self:
        """Show a revision's row; reads nothing else."""
        return cls(
            number=revision.number,
            author=revision.author_id,
            created_at=revision.created_at,
            content=revision.content,
        )


class CountOut(Out):
    """How much of a limit is used."""

    part: str
    unit: Unit
    used: int
    most: int
    is_over: bool

    @classmethod
    def from_count(cls, count: Count) -> Self:
        """Show a count."""
        return cls(part=count.part, unit=count.unit, used=count.used, most=count.most, is_over=count.is_over)


class ComplaintOut(Out):
    """What keeps a post off a platform, or may surprise its author."""

    part: str = Field(description="Where to mend it.")
    message: str
    is_blocking: bool

    @classmethod
    def from_complaint(cls, complaint: Complaint) -> Self:
        """Show a complaint."""
        return cls(part=complaint.part, message=complaint.message, is_blocking=complaint.is_blocking)


class PreviewOut(Out):
    """A post as an account would get it now."""

    account: int
    platform: str
    is_blocked: bool = Field(description="It cannot be published as it stands: the complaints say why.")
    counts: list[CountOut]
    complaints: list[ComplaintOut]
    html: str = Field(description="Roughly what readers will see. Safe to show.")
    payload: dict[str, Any] = Field(description="What would be sent; pictures are ids in it.")

    @classmethod
    def from_rendering(cls, account: PlatformAccount, rendering: Rendering) -> Self:
        """Show a rendering, its pictures at their addresses in this API."""
        return cls(
            account=account.pk,
            platform=account.platform,
            is_blocked=rendering.is_blocked,
            counts=[CountOut.from_count(one) for one in rendering.counts],
            complaints=[ComplaintOut.from_complaint(one) for one in rendering.complaints],
            html=show_pictures(rendering.preview_html),
            payload=dict(rendering.payload),
        )


class CopyOut(Out):
    """A post to be pasted elsewhere."""

    html: str = Field(description="For editors that take formatting.")
    text: str = Field(description="For all others.")
    hint: str = Field(description="What to do with it, for people.")

    @classmethod
    def from_text(cls, copied: CopyText) -> Self:
        """Show it."""
        return cls(html=copied.html, text=copied.text, hint=copied.hint)
