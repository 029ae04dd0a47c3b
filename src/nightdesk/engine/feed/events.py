"""What the feed tells: the newest state of a job that changed."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from nightdesk.engine.models import Job

#: Jobs whose newest event is kept for readers that come back; 10 minutes of a busy studio, about 5 MB.
MAX_HISTORY: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """One job as it stood when it was read. `seq` is the number of the change that made it worth telling."""

    seq: int
    job_id: UUID
    version: int
    kind: str
    state: str
    progress: int
    message: str
    subject: str
    owner_id: int | None
    runs: int
    stopping: bool  # its cancel was asked for

    @classmethod
    def of(cls, job: Job, *, seq: int = 0) -> "JobEvent":
        """Describe a row as it was read."""
        return cls(
            seq=seq,
            job_id=job.id,
            version=job.version,
            kind=job.kind,
            state=job.state,
            progress=job.progress,
            message=job.message,
            subject=job.subject,
            owner_id=job.owner_id,
            runs=job.runs,
            stopping=job.cancel_requested_at is not None,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """What a reader gets at once. With `resync` it must look at everything again: something could not be told.

    `cursor`: a reader that has this batch has everything up to here, and may resume from it in any process.
    """

    cursor: int
    events: tuple[JobEvent, ...] = ()
    resync: bool = False


class History:
    """The newest event of each job that changed of late. Not thread-safe: its owner locks."""

    def __init__(self, floor: int, *, limit: int = MAX_HISTORY) -> None:
        self.floor = floor  # a cursor below it may have missed something that is no longer here
        self._limit = limit
        self._events: OrderedDict[UUID, tuple[int, JobEvent]] = OrderedDict()  # with the highest number that led to it

    def add(self, event: JobEvent) -> bool:
        """Keep an event; return False when this version of the job, or a newer one, was told before."""
        seq, known = self._events.get(event.job_id, (0, event))
        news = known is event or known.version < event.version
        self._events[event.job_id] = (max(seq, event.seq), event if news else known)
        self._events.move_to_end(event.job_id)
        if len(self._events) > self._limit:
            _, (dropped, _) = self._events.popitem(last=False)
            self.floor = max(self.floor, dropped)
        return news

    def since(self, cursor: int) -> list[JobEvent] | None:
        """Return what a reader at `cursor` has not got, oldest first; None when that cannot be told any more."""
        if cursor < self.floor:
            return None
        return [event for seq, event in self._events.values() if seq > cursor]
