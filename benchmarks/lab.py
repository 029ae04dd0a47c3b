"""Nightdesk at work for a figure: an installation of its own, with everything on that a user would have on."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tests.fault.live_reader import LiveReader, sign_in
from tests.support.nightdesk import Broker, Database, Installation
from tests.support.postgres import Postgres
from tests.support.processes import Process, wait_until
from tests.support.redis import Redis

#: What the jobs of the benchmarks are about; the live feed's reader asks for it.
SUBJECT: Final = "bench:1"
POLL_S: Final = 0.25
_SUBMIT: Final = "from benchmarks.submitting import main; main()"
#: The throttle works as ever, but a benchmark is one caller with the requests of a hundred.
_SETTINGS: Final = {"WITNESS_PATH": "", "NIGHTDESK_API_RATE": "999999/m"}


class Lab(Installation):
    """An installation with the job kinds of the benchmarks; nobody else uses its database and broker."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        *,
        postgres: Postgres | None = None,
        redis: Redis | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            database=database,
            broker=broker,
            postgres=postgres,
            redis=redis,
            extra_tasks=["benchmarks.kinds"],
            settings={**_SETTINGS, **(settings or {})},
        )

    def submit(self, what: str, **options: Any) -> dict[str, Any]:
        """Run one of the ways of submitting in a process of its own and return what it reports."""
        said = self.run_script(_SUBMIT, what, json.dumps(options), limit_s=600)
        report: dict[str, Any] = json.loads(said.splitlines()[-1])
        return report

    def start_submitting(self, what: str, **options: Any) -> Process:
        """Start one of the ways of submitting and leave it running."""
        return self.start_script(f"submit-{what}", _SUBMIT, what, json.dumps(options))

    def wait_all_done(self, limit_s: float) -> None:
        """Wait until no job is unfinished, looking rarely: who looks takes time from who works.

        Raises:
            TimeoutError: some are unfinished after `limit_s`.
            RuntimeError: a process of the installation ended, or a job ended as anything but succeeded.
        """
        give_up_at = time.monotonic() + limit_s
        query = "SELECT count(*) FROM engine_job WHERE state IN ('waiting', 'running', 'waiting_children')"
        while left := self.sql(query)[0][0]:
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"{left} jobs are unfinished after {limit_s:g} s\n{self.logs()}")
            for process in self.processes:
                process.ensure_alive()
            time.sleep(POLL_S)
        states = self.states()
        if set(states) != {"succeeded"}:
            raise RuntimeError(f"not all jobs succeeded: {dict(states)}\n{self.logs()}")

    def read_times(self, column: str, condition: str = "1 = 1", parameters: Sequence[object] = ()) -> list[float]:
        """Read a moment of each job, in seconds since the epoch."""
        rows = self.sql(f"SELECT {column} FROM engine_job WHERE {condition}", parameters)
        return [to_seconds(value) for (value,) in rows]

    def check_duties(self) -> None:
        """Make sure that the sweeper swept and the worker's lease was renewed within the last seconds.

        Raises:
            RuntimeError: they were not, so the figures would flatter.
        """
        swept_until = [to_seconds(until) for (until,) in self.sql("SELECT until FROM engine_lease")]
        leases = [to_seconds(until) for (until,) in self.sql("SELECT lease_until FROM engine_worker")]
        now = time.time()
        if not swept_until or max(swept_until) < now - 2 or not leases or max(leases) < now:
            raise RuntimeError(f"the sweeper or the heartbeat stands still: {swept_until}, {leases}, now {now}")


def to_seconds(value: datetime | str) -> float:
    """Read a moment as PostgreSQL (a datetime) or SQLite (UTC in words) gives it."""
    if isinstance(value, datetime):
        return value.timestamp()
    return datetime.fromisoformat(f"{value}+00:00").timestamp()


@contextlib.contextmanager
def open_lab(database: Database, broker: Broker, **servers: Any) -> Iterator[Lab]:
    """Give a migrated lab on servers that may be shared, with an empty broker, and end it afterwards."""
    with Lab(database, broker, **servers) as lab:
        if lab.redis is not None:
            with lab.redis.connect() as client:
                client.flushall()
        lab.migrate()
        yield lab


@contextlib.contextmanager
def follow_live(lab: Lab) -> Iterator[LiveReader]:
    """Run the web process with a reader of the live feed who follows the benchmark's jobs as a page does.

    Raises:
        TimeoutError: the reader has heard nothing by the end.
    """
    web = lab.web().wait_ready()
    with LiveReader(web.port, sign_in(lab), SUBJECT.partition(":")[0]) as reader:
        reader.wait_open()
        yield reader
        wait_until(lambda: reader.states or reader.resyncs, 10, "the live feed tells of the jobs")
