"""The reads of the tail, on the connection of the thread that calls them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from nightdesk.engine import sql
from nightdesk.engine.feed.events import JobEvent
from nightdesk.engine.feed.gaps import Gaps
from nightdesk.engine.models import Job, JobChange

#: Rows read at once: under the parameter limits of both databases and a few milliseconds of work.
PAGE: Final = 1_000
#: Where a tail begins: so long before the newest change. A page that was made just before a restart resumes from there.
START_BACK: Final = timedelta(seconds=15)
#: Pages walked back at most in search of that place.
_MAX_START_PAGES: Final = 100

#: (seq, job, version)
Change = tuple[int, UUID, int]

_FIELDS: Final = (
    "id",
    "version",
    "kind",
    "state",
    "progress",
    "message",
    "subject",
    "owner_id",
    "runs",
    "cancel_requested_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at the change log: nothing of it counts before all of it was read.

    `late` are numbers that were owed, `fresh` those above the last. `oldest_open` and `transaction` are ids of
    transactions, 0 where they were not needed.
    """

    late: list[Change]
    fresh: list[Change]
    events: list[JobEvent]
    oldest_open: int
    transaction: int

    @property
    def more(self) -> bool:
        """Whether there was more than fits in one page."""
        return len(self.fresh) == PAGE


class Changes:
    """What the change log says."""

    def __init__(self) -> None:
        self._data_version: int | None = None

    @property
    def in_order(self) -> bool:
        """Whether numbers appear in their order. On SQLite they do: it has one writer, and rolls its numbers back too."""
        return connection.vendor == "sqlite"

    def moved(self) -> bool:
        """Whether anybody else may have committed since the last call. PostgreSQL cannot tell without a query: True."""
        if connection.vendor != "sqlite":
            return True
        seen = self._scalar("PRAGMA data_version")
        moved, self._data_version = seen != self._data_version, seen
        return moved

    def find_start(self) -> int:
        """Return the number after which a new tail begins: a page before the first change of the last 15 s.

        The page more is for transactions that took their numbers earlier and are still open.
        """
        last = self.newest()
        newest_at = None
        for _ in range(_MAX_START_PAGES):
            rows = JobChange.objects.filter(seq__lte=last).order_by("-seq").values_list("seq", "changed_at")[:PAGE]
            for seq, changed_at in rows:
                newest_at = newest_at or changed_at
                if changed_at < newest_at - START_BACK:
                    return max(0, int(seq) - PAGE)
            if len(rows) < PAGE:
                break
            last = rows[len(rows) - 1][0] - 1
        return max(0, last - PAGE)

    def newest(self) -> int:
        """Return the highest number that was ever handed out, committed or not; 0 before the first."""
        table = JobChange._meta.db_table
        if connection.vendor == "sqlite":
            return self._scalar("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        return self._scalar("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'seq')::regclass)", [table])

    def read(self, last: int, gaps: Gaps) -> Reading:
        """Read what is new after `last`, what was owed, and the jobs of both."""
        oldest_open = self._oldest_open() if gaps.open else 0  # before the search: it sees what had ended by now
        late = self._read_changes(JobChange.objects.filter(seq__in=page) for page in _pages(gaps.numbers()))
        fresh = self._read_changes([JobChange.objects.filter(seq__gt=last).order_by("seq")[:PAGE]])
        return Reading(
            late=late,
            fresh=fresh,
            events=self._read_jobs([*late, *fresh]),
            oldest_open=oldest_open,
            transaction=self._take_transaction() if gaps.unbound else 0,
        )

    def close(self) -> None:
        """Give the connection up; the next read opens another."""
        self._data_version = None
        sql.drop_connection()

    def _read_changes(self, queries: Iterable[QuerySet[JobChange]]) -> list[Change]:
        return [row for query in queries for row in query.values_list("seq", "job_id", "version")]

    def _read_jobs(self, changes: Sequence[Change]) -> list[JobEvent]:
        # As they stand now, which may be newer than the change; a job that was pruned meanwhile is left out.
        newest = {job_id: seq for seq, job_id, _ in sorted(changes)}
        events: list[JobEvent] = []
        for some in _pages(newest):
            jobs = Job.objects.filter(id__in=some).only(*_FIELDS)
            events += [JobEvent.of(job, seq=newest[job.id]) for job in jobs]
        return sorted(events, key=lambda event: event.seq)

    def _oldest_open(self) -> int:
        # The oldest writing transaction that is still open; all before it have ended.
        return self._scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")

    def _take_transaction(self) -> int:
        # Begins and ends a transaction: younger than every other that took its id before.
        return self._scalar("SELECT pg_current_xact_id()::text::bigint")

    def _scalar(self, query: str, params: Sequence[Any] = ()) -> int:
        with connection.cursor() as cursor:
            cursor.execute(query, params)
            row = cursor.fetchone()
        return int(row[0]) if row and row[0] is not None else 0


def _pages(ids: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(ids)
    while page := list(islice(rest, PAGE)):
        yield page
