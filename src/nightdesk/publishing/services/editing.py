"""Who has a post open in the editor. It warns; what keeps two people from overwriting each other are the revisions."""

from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from nightdesk.engine.sql import single
from nightdesk.publishing.models import Post
from nightdesk.publishing.services.posts import find_post

#: The editor says every 30 seconds that it is open; two of these may be lost.
EDITOR_LEASE: Final = timedelta(seconds=90)


def hold_editor(*, post_id: int, user_id: int) -> str | None:
    """Say that a person has a post open; return the name of another one who has, None where nobody else does.

    Raises:
        PostNotFound.
    """
    now = timezone.now()
    free = Q(editing_by=None) | Q(editing_by_id=user_id) | Q(editing_at=None) | Q(editing_at__lt=now - EDITOR_LEASE)
    with single():
        taken = Post.objects.filter(free, pk=post_id).update(editing_by_id=user_id, editing_at=now)
    return None if taken else editor_of(post_id=post_id, besides=user_id)


def leave_editor(*, post_id: int, user_id: int) -> None:
    """Say that a person has closed the editor. Safe to repeat; whoever else has it open keeps it."""
    with single():
        Post.objects.filter(pk=post_id, editing_by_id=user_id).update(editing_by=None, editing_at=None)


def editor_of(*, post_id: int, besides: int | None) -> str | None:
    """Return the name of whoever has a post open in the editor, besides this person; None: nobody.

    Raises:
        PostNotFound.
    """
    post = find_post(post_id=post_id)
    is_open = post.editing_at is not None and post.editing_at >= timezone.now() - EDITOR_LEASE
    if not is_open or post.editing_by is None or post.editing_by_id == besides:
        return None
    return post.editing_by.get_full_name()
