"""Posts: written, found, moved between the states that people choose, deleted."""

from typing import Final

import structlog
from django.db.models import Q, QuerySet
from django.utils import timezone

from nightdesk.campaigns import services as campaigns
from nightdesk.campaigns.errors import CampaignNotFound, PieceNotFound
from nightdesk.campaigns.models import ContentPiece
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.sql import writing
from nightdesk.publishing.errors import PostInUse, PostNotFound, StateFixed
from nightdesk.publishing.models import (
    MAX_BODY_CHARS,
    MAX_EXCERPT_CHARS,
    MAX_TITLE_CHARS,
    UNSETTLED,
    Post,
    PostState,
    PublishedPost,
)
from nightdesk.publishing.services.fields import PostFields, check_fields
from nightdesk.publishing.services.revisions import add_revision, apply_fields

#: States that people choose. The others follow from what became of the post on its platforms.
CHOSEN: Final = (PostState.DRAFT, PostState.REVIEW, PostState.APPROVED)

logger: Final = structlog.get_logger("nightdesk.publishing")


def create_post(*, author_id: int | None, fields: PostFields, piece: tuple[int, str] | None = None) -> Post:
    """Create a draft. With `piece` (a campaign's id and a channel) it begins with that piece's text and picture.

    What `fields` say goes before what the piece says.

    Raises:
        InvalidInput: with details by field; also a piece that is not there.
    """
    source = _find_piece(*piece) if piece else None
    now = timezone.now()
    post = Post(author_id=author_id, piece=source, created_at=now, updated_at=now)
    with writing():
        apply_fields(post, check_fields({**(_read_piece(source) if source else {}), **fields}))
        post.save(force_insert=True)
        add_revision(post, author_id=author_id)
    return post


def _find_piece(campaign_id: int, channel: str) -> ContentPiece:
    try:
        return campaigns.find_piece(campaign_id=campaign_id, channel=channel)
    except (CampaignNotFound, PieceNotFound) as absent:
        raise InvalidInput(details={"piece": [absent.public_message]}) from None


def _read_piece(piece: ContentPiece) -> PostFields:
    """Return what a post takes over of a piece. Titles and excerpts are cut where they are too long for one."""
    texts = {name: [value] if isinstance(value, str) else list(value) for name, value in piece.fields.items()}

    def read(*names: str) -> list[str]:
        return next((texts[name] for name in names if texts.get(name)), [])

    title = " ".join("".join(read("title", "subject", "headline", "headlines")[:1]).split())
    excerpt = "".join(read("meta_description", "preheader", "description")[:1])
    return {
        "title": title[:MAX_TITLE_CHARS],
        "body": "\n\n".join(read("body", "intro", "primary_text", "text", "descriptions"))[:MAX_BODY_CHARS],
        "excerpt": excerpt[:MAX_EXCERPT_CHARS],
        "cover": piece.picture_id,
    }


def find_post(*, post_id: int) -> Post:
    """Return a post, with its author, its cover and who has it open.

    Raises:
        PostNotFound: there is none.
    """
    post = Post.objects.select_related("author", "cover", "editing_by", "piece").filter(pk=post_id).first()
    if post is None:
        raise PostNotFound
    return post


def posts_shown(*, state: str | None = None, text: str = "") -> QuerySet[Post]:
    """Give the posts, the latest changed first: of one state, with a text in title, excerpt or body in any case."""
    rows = Post.objects.select_related("author", "cover").order_by("-updated_at", "-id")
    if state:
        rows = rows.filter(state=state)
    if words := text.strip():
        rows = rows.filter(Q(title__icontains=words) | Q(excerpt__icontains=words) | Q(body__icontains=words))
    return rows


def move_post(*, post_id: int, state: PostState, by: int | None) -> Post:
    """Put a post into a state that people choose: draft, review, approved. Safe to repeat.

    Raises:
        PostNotFound. InvalidInput: nobody chooses this state. StateFixed: it is out, or waits for its time.
    """
    if state not in CHOSEN:
        raise InvalidInput(details={"state": [f"This must be one of {', '.join(CHOSEN)}."]})
    with writing():
        if not Post.objects.filter(pk=post_id, state__in=CHOSEN).update(state=state, updated_at=timezone.now()):
            find_post(post_id=post_id)
            raise StateFixed
    logger.info("post moved", post_id=post_id, state=str(state), by=by)
    return find_post(post_id=post_id)


def delete_post(*, post_id: int) -> None:
    """Delete a post with its revisions and its history, for good. What is out on platforms stays there.

    Raises:
        PostNotFound. PostInUse: it is on its way to a platform, or waits for its time.
    """
    with writing():
        # Locked first: who publishes it now does so before, or finds it gone.
        if not Post.objects.filter(pk=post_id).update(updated_at=timezone.now()):
            raise PostNotFound
        if PublishedPost.objects.filter(post_id=post_id, status__in=UNSETTLED).exists():
            raise PostInUse
        Post.objects.filter(pk=post_id).delete()
