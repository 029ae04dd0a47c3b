"""What the job of a publishing does: freeze, prepare, publish once, write down where it is.

A run may die between any two writes; docs/publishing.md names the points and what the next run finds at each.
"""

from datetime import datetime
from typing import Any, TypedDict

from django.utils import timezone

from nightdesk.core.errors import NightdeskError, OutcomeUnknown, Transient
from nightdesk.engine import steps
from nightdesk.engine.run import Run
from nightdesk.providers.publishing.protocol import (
    AccountRefused,
    Connection,
    NotThere,
    Order,
    Published,
    Publisher,
)
from nightdesk.publishing.errors import PublishingNotFound, Superseded
from nightdesk.publishing.models import Action, Health, PublishedPost, Status
from nightdesk.publishing.services import rounds
from nightdesk.publishing.services.accounts import note_refused, open_connection
from nightdesk.publishing.services.confirmations import (
    effect_key,
    read_published,
    remote_fields,
    remote_of,
    sent,
    write_published,
)
from nightdesk.publishing.services.desks import RunDesk
from nightdesk.publishing.services.freezing import begin, order_of
from nightdesk.publishing.services.platforms import find_platform
from nightdesk.publishing.services.removing import is_leaving


class PlatformPost(TypedDict):
    """A post on a platform: its id there and where it can be seen, "" where the platform tells none."""

    id: str
    url: str


class PlatformResult(TypedDict):
    """What the job of a publishing returns."""

    platform: str
    data: PlatformPost


def deliver(*, published_post_id: int, run: Run) -> PlatformResult:
    """Publish one post on one account, once, whatever dies meanwhile; the end of the job is the publishing's success.

    Raises:
        PublishingNotFound: its post was deleted. Superseded: another job has it.
        Unpublishable, AccountRefused, OperationalFault: as the platform says.
        OutcomeUnknown: nobody can say whether it is out.
    """
    row = _find(published_post_id)
    if row.task_id != run.job_id:
        raise Superseded
    if row.status == Status.SUCCESS:
        return result_of(row=row)
    published = sent(row=row) or _publish(row, run)
    return run.finish_with(lambda: _succeed(row, published))


def _find(published_post_id: int) -> PublishedPost:
    found = PublishedPost.objects.select_related("post__author", "account", "replaces")
    row = found.filter(pk=published_post_id).first()
    if row is None:
        raise PublishingNotFound
    return row


def _publish(row: PublishedPost, run: Run) -> Published:
    connection = _open(row)
    row = begin(row=row, run=run)
    delivery = _Delivery(row, run, find_platform(row.platform), connection, RunDesk(run, row))
    try:
        return delivery.change() if row.action == Action.UPDATE else delivery.send()
    except AccountRefused as exc:
        note_refused(account_id=row.account_id, detail=exc.public_message, used=connection)
        raise


def _open(row: PublishedPost) -> Connection:
    """Open the account, unless nothing is sent with it; what may be out is looked for all the same."""
    if row.account.health == Health.RECONNECT and row.first_sent_at is None:
        raise AccountRefused
    return open_connection(account=row.account)


class _Delivery:
    """One run's way to the platform and back."""

    def __init__(
        self, row: PublishedPost, run: Run, publisher: Publisher, connection: Connection, desk: RunDesk
    ) -> None:
        self._row, self._run, self._publisher = row, run, publisher
        self._connection, self._desk = connection, desk
        self._prepared: Any = {}
        self._is_absent = False  # looked, in this run, and it was not there

    @property
    def _order(self) -> Order:
        return order_of(row=self._row)

    def send(self) -> Published:
        """Make the post visible, at most once."""
        self._run.progress(5, "Preparing")
        self._prepared = self._publisher.prepare(self._order, self._connection, self._desk)
        self._run.progress(80, "Publishing")
        return read_published(self._run.effect(effect_key(self._row), self._commit, self._look))

    def change(self) -> Published:
        """Give the post that is out this content; that may be repeated, so a lost answer is asked for again."""
        self._run.progress(5, "Changing the post")
        before = self._row.replaces
        if before is None or before.removed_at is not None:
            raise PublishingNotFound("The earlier version is not there any more. Publish the post there as a new one.")
        if is_leaving(row=before):
            raise Transient("The post is being taken away there just now. It will be tried again when that has ended.")
        try:
            return self._publisher.update(self._order, remote_of(row=before), self._connection, self._desk)
        except OutcomeUnknown as exc:
            raise Transient("The platform did not say whether it took the change. It will be sent again.") from exc

    def _commit(self) -> dict[str, Any]:
        """Send it, having written down that it may arrive; an adapter's word that nothing happened takes that back."""
        if self._row.first_sent_at is not None and not self._is_absent:  # of a job that is gone: look first
            try:
                return self._look()
            except steps.NotThere:
                pass
        is_first = self._row.first_sent_at is None
        self._note_sent()
        try:
            published = self._publisher.commit(self._order, self._prepared, self._connection, self._desk)
        except OutcomeUnknown:
            raise
        except NightdeskError:
            if is_first:  # of an earlier call we know no more than before
                self._note_not_sent()
            raise
        return write_published(published)

    def _look(self) -> dict[str, Any]:
        """Look whether an earlier call arrived.

        Before each call it is written down, fenced, that it may arrive: where that is not written, none was made and
        none of an older run can follow.
        """
        self._row.first_sent_at = PublishedPost.objects.values_list("first_sent_at", flat=True).get(pk=self._row.pk)
        if self._row.first_sent_at is None:
            raise steps.NotThere
        self._run.progress(85, "Looking whether it is there")
        try:
            return write_published(self._publisher.find(self._order, self._prepared, self._connection, self._desk))
        except NotThere:
            self._is_absent = True
            raise steps.NotThere from None
        except AccountRefused as exc:
            note_refused(account_id=self._row.account_id, detail=exc.public_message, used=self._connection)
            raise

    def _note_sent(self) -> None:
        """Write down that the call may arrive from now on; a run that is no longer ours does not get past this."""
        self._note(f"send:{self._run.number}", self._row.first_sent_at or timezone.now())

    def _note_not_sent(self) -> None:
        self._note(f"unsent:{self._run.number}", None)

    def _note(self, step: str, first_sent_at: datetime | None) -> None:
        def save(_: object) -> None:
            PublishedPost.objects.filter(pk=self._row.pk).update(first_sent_at=first_sent_at)

        self._run.step(step, lambda: None, save=save)
        self._row.first_sent_at = first_sent_at


def _succeed(row: PublishedPost, published: Published) -> PlatformResult:
    rounds.lock(post_id=row.post_id, round_id=row.round_id)
    mine = PublishedPost.objects.filter(pk=row.pk, task_id=row.task_id).exclude(status=Status.SUCCESS)
    mine.update(
        status=Status.SUCCESS,
        **remote_fields(published),
        error="",
        error_code="",
        finished_at=timezone.now(),
        updated_at=timezone.now(),
    )
    rounds.follow(post_id=row.post_id, round_id=row.round_id)
    return PlatformResult(platform=row.platform, data=PlatformPost(id=published.id, url=published.url))


def result_of(*, row: PublishedPost) -> PlatformResult:
    """Return what the job of a publishing that succeeded returned."""
    return PlatformResult(platform=row.platform, data=PlatformPost(id=row.remote_id, url=row.remote_url))
