"""The revisions of a post: each change of its content makes one, and none is ever lost."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.engine.sql import writing
from nightdesk.publishing.errors import PostChanged, PostNotFound, RevisionNotFound
from nightdesk.publishing.models import Post, PostRevision, PostState
from nightdesk.publishing.services.fields import CONTENT_FIELDS, check_fields
from nightdesk.publishing.services.following import follow_revision
from nightdesk.publishing.services.pictures import hold_pictures


def save_post(
    *,
    post_id: int,
    base_revision: int,
    changes: Mapping[str, Any],
    author_id: int | None,
    is_restored: bool = False,
) -> Post:
    """Change some fields (`PostFields`) of a post that still is at `base_revision`; those left out stay.

    Other content is the next revision, and what waits for its time goes out with it; the same content again makes none.
    An approval was of the content before: the post goes back to review.

    Raises:
        InvalidInput: with details by field. PostNotFound.
        PostChanged: somebody was faster. Nothing was written; the caller still has the text.
    """
    with writing():
        post = _take(post_id, base_revision)
        before = content_of(post)
        given = {name: value for name, value in changes.items() if name != "unpublish_at" or value != post.unpublish_at}
        apply_fields(post, check_fields(given, is_restored=is_restored))
        is_new = content_of(post) != before
        if not is_new and "unpublish_at" not in given:
            return post
        post.updated_at = timezone.now()
        if is_new:
            post.revision += 1
            post.state = PostState.REVIEW if post.state == PostState.APPROVED else PostState(post.state)
        post.save()
        if is_new:
            add_revision(post, author_id=author_id)
            follow_revision(post=post)
    return post


def _take(post_id: int, base_revision: int) -> Post:
    """Return a post whose row nobody else changes until the end of the transaction."""
    rows = Post.objects.filter(pk=post_id)
    # Says what the row says already, to lock it: select_for_update is silently ignored on SQLite.
    if not rows.filter(revision=base_revision).update(revision=base_revision):
        if rows.exists():
            raise PostChanged
        raise PostNotFound
    return rows.select_related("author", "cover", "editing_by", "piece").get()


def restore_revision(*, post_id: int, number: int, base_revision: int, author_id: int | None) -> Post:
    """Make the content of an older revision the newest one. What no account knows any more is left out.

    Raises:
        PostNotFound. RevisionNotFound. PostChanged: see `save_post`.
    """
    kept = read_revision(post_id=post_id, number=number)
    return save_post(post_id=post_id, base_revision=base_revision, changes=kept, author_id=author_id, is_restored=True)


def list_revisions(*, post_id: int) -> QuerySet[PostRevision]:
    """Give the revisions of a post, the newest first.

    Raises:
        PostNotFound.
    """
    if not Post.objects.filter(pk=post_id).exists():
        raise PostNotFound
    return PostRevision.objects.filter(post_id=post_id).select_related("author").order_by("-number")


def read_revision(*, post_id: int, number: int) -> dict[str, Any]:
    """Return the content fields of a post as a revision has them.

    Raises:
        PostNotFound. RevisionNotFound: it has none of this number.
    """
    kept = list_revisions(post_id=post_id).filter(number=number).values_list("content", flat=True).first()
    if kept is None:
        raise RevisionNotFound
    return dict(kept)


def content_of(post: Post) -> dict[str, Any]:
    """Return the content fields of a post as a revision keeps them."""
    fields = {name: getattr(post, name) for name in CONTENT_FIELDS}
    return {**fields, "cover": post.cover_id}


def apply_fields(post: Post, fields: Mapping[str, Any]) -> None:
    """Put checked fields into a row, which is not saved."""
    for name, value in fields.items():
        setattr(post, "cover_id" if name == "cover" else name, value)


def add_revision(post: Post, *, author_id: int | None) -> PostRevision:
    """Keep a post's content as its revision, and hold on to the pictures in it. Inside the transaction that saves it.

    Raises:
        InvalidInput: a picture has no file; with details by field.
    """
    hold_pictures(post=post)
    return PostRevision.objects.create(post=post, number=post.revision, content=content_of(post), author_id=author_id)
