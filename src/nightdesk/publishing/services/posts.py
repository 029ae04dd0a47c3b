"""Posts: written, changed, moved between their states, deleted. Every change of content is a revision."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from nightdesk.campaigns import services as campaigns
from nightdesk.core.errors import InvalidInput
from nightdesk.engine import sql
from nightdesk.images import services as images
from nightdesk.providers.publishing.text import pictures_in
from nightdesk.publishing.errors import PostChanged, PostInUse, PostNotFound, RevisionNotFound
from nightdesk.publishing.models import (
    UNSETTLED,
    Post,
    PostPicture,
    PostRevision,
    PostState,
    PublishedPost,
    Status,
)
from nightdesk.publishing.services.content import content_of
from nightdesk.publishing.services.fields import check_fields

#: States that people choose; the others follow from what is published.
CHOSEN: Final = (PostState.DRAFT, PostState.REVIEW, PostState.APPROVED)
_CONTENT: Final = ("title", "body", "excerpt", "tags", "canonical_url", "cover", "cover_alt", "overrides")


def find_post(*, post_id: int) -> Post:
    """Return a post.

    Raises:
        PostNotFound: there is none.
    """
    post = Post.objects.select_related("author", "cover").filter(pk=post_id).first()
    if post is None:
        raise PostNotFound
    return post


def posts_shown(*, state: str | None = None, text: str = "") -> QuerySet[Post]:
    """Give posts, the latest changed first; `text` must be in the title or the body."""
    found = Post.objects.order_by("-updated_at", "-id")
    if state:
        found = found.filter(state=state)
    return found.filter(Q(title__icontains=text) | Q(body__icontains=text)) if text else found


def create_post(
    *, author_id: int | None, fields: Mapping[str, Any] | None = None, piece: tuple[int, str] | None = None
) -> Post:
    """Create a draft. With `piece` (campaign id, channel) it begins with that piece's text and picture.

    Raises:
        InvalidInput: with details by field. CampaignNotFound, PieceNotFound.
    """
    begun, piece_id = _take_piece(piece) if piece else ({}, None)
    content = check_fields({**begun, **(fields or {})})
    now = timezone.now()
    post = Post(author_id=author_id, piece_id=piece_id, created_at=now, updated_at=now)
    _apply(post, content)
    with sql.writing():
        post.save(force_insert=True)
        _keep_revision(post, author_id)
    return find_post(post_id=post.pk)


def save_post(
    *, post_id: int, base_revision: int, changes: Mapping[str, Any], author_id: int | None, restored: bool = False
) -> Post:
    """Change a post that still is at `base_revision`; content that stays the same makes no revision.

    Publishings that wait for their time, and were not begun, go out as the post now is. `unpublish_at` is no content.

    Raises:
        PostNotFound. PostChanged: somebody was faster. InvalidInput: with details by field.
    """
    post = find_post(post_id=post_id)
    content = check_fields({name: value for name, value in changes.items() if name in _CONTENT}, restored=restored)
    now = timezone.now()
    with sql.writing():
        before = content_of(post)
        _apply(post, content)
        is_new = content_of(post) != before
        post.unpublish_at = changes.get("unpublish_at", post.unpublish_at)
        post.revision = base_revision + int(is_new)
        post.updated_at = now
        columns = {name: getattr(post, name) for name in _CONTENT if name != "cover"}
        changed = Post.objects.filter(pk=post_id, revision=base_revision).update(
            **columns,
            cover_id=post.cover_id,
            unpublish_at=post.unpublish_at,
            revision=post.revision,
            updated_at=now,
        )
        if not changed:
            raise PostChanged
        if is_new:
            _keep_revision(post, author_id)
            _follow(post)
    return find_post(post_id=post_id)


def _follow(post: Post) -> None:
    """Let publishings that wait for their time carry the new revision; what is frozen goes out as it was."""
    waiting = PublishedPost.objects.filter(post=post, status=Status.PENDING, frozen_at=None, scheduled_at__isnull=False)
    taken = PublishedPost.objects.filter(post=post, revision=post.revision).values("account_id")
    waiting.exclude(account_id__in=taken).update(revision=post.revision, updated_at=timezone.now())


def move_post(*, post_id: int, state: str) -> Post:
    """Put a post into one of the states that people choose.

    Raises:
        PostNotFound. InvalidInput: no such state, or the post is scheduled or published.
    """
    if state not in CHOSEN:
        raise InvalidInput(details={"state": [f"Choose one of: {', '.join(CHOSEN)}."]})
    moved = Post.objects.filter(pk=post_id, state__in=CHOSEN).update(state=state, updated_at=timezone.now())
    post = find_post(post_id=post_id)
    if not moved:
        raise InvalidInput(
            details={"state": [f"This post is {post.state}: its state follows from where it is published."]}
        )
    return post


def delete_post(*, post_id: int) -> None:
    """Delete a post with its history; what is out on platforms stays there.

    Raises:
        PostNotFound. PostInUse: it is on its way to a platform.
    """
    with sql.writing():
        if not Post.objects.filter(pk=post_id).update(updated_at=timezone.now()):
            raise PostNotFound
        if PublishedPost.objects.filter(post_id=post_id, status__in=UNSETTLED).exists():
            raise PostInUse
        Post.objects.filter(pk=post_id).delete()


def list_revisions(*, post_id: int) -> list[PostRevision]:
    """Return every revision of a post, the newest first.

    Raises:
        PostNotFound.
    """
    find_post(post_id=post_id)
    return list(PostRevision.objects.filter(post_id=post_id).select_related("author").order_by("-number"))


def restore_revision(*, post_id: int, number: int, base_revision: int, author_id: int | None) -> Post:
    """Make the content of an older revision the newest one. What it named and is gone meanwhile is left out.

    Raises:
        PostNotFound, RevisionNotFound, PostChanged.
    """
    kept = PostRevision.objects.filter(post_id=post_id, number=number).first()
    if kept is None:
        find_post(post_id=post_id)
        raise RevisionNotFound
    return save_post(
        post_id=post_id, base_revision=base_revision, changes=kept.content, author_id=author_id, restored=True
    )


def _apply(post: Post, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        if name == "cover":
            post.cover_id = value or None
        else:
            setattr(post, name, value)


def _keep_revision(post: Post, author_id: int | None) -> None:
    """Write the revision, and hold on to its pictures: they neither expire nor can they be deleted while it is there."""
    content = content_of(post)
    PostRevision.objects.create(post=post, number=post.revision, content=content, author_id=author_id)
    bodies = [post.body, *(str(own.get("body") or "") for own in post.overrides.values())]
    used = {ref.asset_id for body in bodies for ref in pictures_in(body)}
    held = used | ({post.cover_id} if post.cover_id else set())
    for asset_id in sorted(held):
        images.keep_asset(asset_id=asset_id)
        PostPicture.objects.get_or_create(post=post, asset_id=asset_id)


def _take_piece(piece: tuple[int, str]) -> tuple[dict[str, Any], int]:
    """Return a piece's text and picture as fields of a post, and the piece's id."""
    campaign_id, channel = piece
    found = campaigns.find_piece(campaign_id=campaign_id, channel=channel)
    fields = found.fields
    title = (
        fields.get("title") or fields.get("headline") or fields.get("subject") or (fields.get("headlines") or [""])[0]
    )
    body = fields.get("body") or fields.get("intro") or fields.get("primary_text") or fields.get("text")
    begun = {
        "title": title,
        "body": body or "\n\n".join(fields.get("descriptions") or []),
        "excerpt": fields.get("meta_description") or fields.get("description") or fields.get("preheader") or "",
        "cover": found.picture_id or "",
    }
    return begun, found.pk
