"""Jobs that change when a test says so, and a reader of the live feed that remembers what it was told."""

import threading
from collections.abc import Callable
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from nightdesk.core.ids import new_job_id
from nightdesk.engine.feed import JobEvent, Subscription, Tail
from nightdesk.engine.feed.changes import Changes
from nightdesk.engine.models import Job, JobChange
from tests.support.processes import wait_until

LIMIT_S = 10


def add_job(
    *, kind: str = "tests.nothing", state: str = "waiting", owner_id: int | None = None, subject: str = ""
) -> Job:
    now = timezone.now()
    return Job.objects.create(
        id=new_job_id(),
        kind=kind,
        queue="default",
        priority=5,
        state=state,
        run_at=now,
        created_at=now,
        owner_id=owner_id,
        subject=subject,
    )


def cursor_now() -> int:
    """Say from where a reader resumes that wants everything from now on."""
    return Changes().newest()


def change(job: Job, **fields: object) -> None:
    Job.objects.filter(id=job.id).update(version=F("version") + 1, **fields)


class Reader:
    """Follows a tail as a stream does: wakes, empties its box, keeps the newest version of each job."""

    def __init__(
        self, tail: Tail, *, after: int | None = None, wants: Callable[[JobEvent], bool] = lambda event: True
    ) -> None:
        self.told: list[JobEvent] = []
        self.resyncs = 0
        self.cursor: int | None = None
        self._tail = tail
        self._bell = threading.Event()
        self._box: Subscription = tail.subscribe(wants, self._bell.set, after=after)

    def wait_for(self, predicate: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
        def look() -> object:
            self.take()
            return predicate()

        wait_until(look, limit_s, lambda: f"{what}; told {self.told}, {self.resyncs} resyncs")

    def wait_until_placed(self) -> None:
        self.wait_for(lambda: self.cursor is not None, "the tail finds its place")

    def wait_until_caught_up(self) -> None:
        """Wait until nothing below is owed any more: until then a cursor lies before what was told already."""
        newest = JobChange.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
        self.wait_for(lambda: (self.cursor or 0) >= newest, f"the cursor reaches {newest}")

    def wait_for_version(self, job: Job, version: int = 1) -> None:
        self.wait_for(lambda: version in self.versions(job.id), f"version {version} of {job.id}")

    def take(self) -> None:
        batch = self._box.take()
        if batch is not None:
            self.told += batch.events
            self.resyncs += batch.resync
            self.cursor = batch.cursor

    def versions(self, job_id: UUID) -> list[int]:
        return [event.version for event in self.told if event.job_id == job_id]

    def leave(self) -> None:
        self._tail.unsubscribe(self._box)
