"""Who publishes posts, takes them away again, and tells how it went."""

from typing import Any

from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.publishing import services
from nightdesk.publishing.jobs import ConcludeRound, PublishPost, UnpublishPost


@handles(PublishPost)
def publish_post(job: PublishPost, run: Run) -> services.PlatformResult:
    """Publish one post on one account."""
    return services.deliver(published_post_id=job.published_post_id, run=run)


@handles(UnpublishPost)
def unpublish_post(job: UnpublishPost, run: Run) -> services.Removed:
    """Take one post away from one platform."""
    return services.take_away(published_post_id=job.published_post_id, run=run)


@handles(ConcludeRound)
def conclude_round(job: ConcludeRound, run: Run) -> dict[str, Any]:
    """Tell how a round ended, together with the end of the job: once."""
    return run.finish_with(lambda: services.conclude_round(round_id=job.round_id))


@when_ended(PublishPost)
def publish_post_ended(end: JobEnd) -> None:
    """Tell the publishing how its job ended."""
    services.publishing_ended(end)


@when_ended(UnpublishPost)
def unpublish_post_ended(end: JobEnd) -> None:
    """Tell the publishing that it could not be taken away."""
    services.removal_ended(end)
