"""What waits for its time goes out as its post then is."""

from django.utils import timezone

from nightdesk.publishing.models import Post, PublishedPost, PublishRound, Status


def follow_revision(*, post: Post) -> int:
    """Let the publishings of a post that wait for their time carry its newest revision; return how many do.

    What was begun is frozen and goes out as it was. Inside the transaction that saves the post.
    """
    waiting = PublishedPost.objects.filter(
        post=post, status=Status.PENDING, frozen_at=None, scheduled_at__isnull=False, revision__lt=post.revision
    )
    rounds = list(waiting.values_list("round_id", flat=True).distinct())
    followed = waiting.update(revision=post.revision, updated_at=timezone.now())
    PublishRound.objects.filter(pk__in=rounds).update(revision=post.revision)
    return followed
