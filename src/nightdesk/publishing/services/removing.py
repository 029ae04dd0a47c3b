"""Taking a post away from a platform again."""

from typing import Final, TypedDict
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.core.errors import OutcomeUnknown, Transient
from nightdesk.engine import sql
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.queries import arguments_of
from nightdesk.engine.run import Run
from nightdesk.engine.states import UNFINISHED, State
from nightdesk.providers.publishing.protocol import AccountRefused
from nightdesk.publishing.errors import NotOut, PublishingNotFound
from nightdesk.publishing.jobs import UnpublishPost
from nightdesk.publishing.models import UNSETTLED, Action, PublishedPost, Status
from nightdesk.publishing.services import rounds
from nightdesk.publishing.services.accounts import note_refused, open_connection
from nightdesk.publishing.services.confirmations import remote_of
from nightdesk.publishing.services.desks import RunDesk
from nightdesk.publishing.services.endings import MAX_ERROR_CHARS
from nightdesk.publishing.services.platforms import find_platform

#: Marks a publishing that could not be taken away: it is not tried again by itself.
STILL_THERE: Final = "still_there"


class Removed(TypedDict):
    """What the job that takes a post away returns."""

    platform: str
    published_post_id: int
    removed: bool


def unpublish(*, published_post_id: int, by: int | None) -> UUID:
    """Ask for a post to be taken away from a platform; return the job's id. Safe to repeat.

    Raises:
        PublishingNotFound. NotOut: it is not there, or the platform cannot do that.
    """
    row = PublishedPost.objects.select_related("account").filter(pk=published_post_id).first()
    if row is None:
        raise PublishingNotFound
    info = find_platform(row.platform).info
    if row.status != Status.SUCCESS or row.removed_at is not None:
        raise NotOut
    if not info.can_delete or not row.remote_id:
        raise NotOut(f"{info.title} does not let us take this away. Delete it there.")
    with sql.writing():
        rounds.lock(post_id=row.post_id)
        if _same_place(row).filter(action=Action.UPDATE, status__in=UNSETTLED).exists():
            raise NotOut(
                "A change of this is on its way there. Wait until that has ended, or cancel it, then try again."
            )
        PublishedPost.objects.filter(pk=row.pk, error_code=STILL_THERE).update(error="", error_code="")
        return enqueue(
            UnpublishPost(published_post_id=row.pk),
            owner_id=by,
            subject=rounds.subject_of(row.post_id),
            unique_key=_key(row.pk),
        )


def is_leaving(*, row: PublishedPost) -> bool:
    """Whether the post on the platform that a publishing made or changed is being taken away."""
    same = _same_place(row).filter(remote_id=row.remote_id, status=Status.SUCCESS)
    keys = [_key(pk) for pk in same.values_list("pk", flat=True)]
    return Job.objects.filter(unique_key__in=keys, state__in=UNFINISHED).exists()


def _key(publishing_id: int) -> str:
    return f"unpublish:{publishing_id}"


def _same_place(row: PublishedPost) -> QuerySet[PublishedPost]:
    return PublishedPost.objects.filter(post_id=row.post_id, account_id=row.account_id)


def take_away(*, published_post_id: int, run: Run) -> Removed:
    """Take a post away from its platform; deleting what is gone already is no error, so it may be repeated.

    Raises:
        PublishingNotFound: its post was deleted. AccountRefused, OperationalFault: as the platform says.
    """
    row = PublishedPost.objects.select_related("account").filter(pk=published_post_id).first()
    if row is None:
        raise PublishingNotFound
    if row.removed_at is None:
        connection = open_connection(account=row.account)
        run.progress(10, "Taking the post away")
        try:
            find_platform(row.platform).delete(remote_of(row=row), connection, RunDesk(run))
        except OutcomeUnknown as exc:
            raise Transient("The platform did not say whether it deleted the post. It will be asked again.") from exc
        except AccountRefused as exc:
            note_refused(account_id=row.account_id, detail=exc.public_message, used=connection)
            raise
    return run.finish_with(lambda: _note_removed(row))


def removal_ended(end: JobEnd) -> None:
    """Say at the publishing that it could not be taken away. Safe to repeat."""
    if end.state == State.SUCCEEDED:
        return
    job = Job.objects.filter(pk=end.job_id).first()
    named = arguments_of(job).get("published_post_id") if job else None
    said = end.error.message if end.error else "It could not be taken away."
    error = f"This is still there: {said}"[:MAX_ERROR_CHARS]
    still = PublishedPost.objects.filter(pk=int(named or 0), status=Status.SUCCESS, removed_at=None)
    still.update(error=error, error_code=STILL_THERE, updated_at=timezone.now())


def _note_removed(row: PublishedPost) -> Removed:
    """Every revision that this very post on the platform has shown is gone with it."""
    rounds.lock(post_id=row.post_id, round_id=row.round_id)
    same = _same_place(row).filter(remote_id=row.remote_id, status=Status.SUCCESS, removed_at=None)
    same.update(removed_at=timezone.now(), updated_at=timezone.now(), error="", error_code="")
    rounds.follow_state(post_id=row.post_id)
    return Removed(platform=row.platform, published_post_id=row.pk, removed=True)
