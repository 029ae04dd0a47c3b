"""What one job costs PostgreSQL: statements that the server ran, and bytes of its write-ahead log."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.lab import Lab, open_lab
from benchmarks.scale import WARM_UPS, Scale
from benchmarks.table import Figure
from tests.support.postgres import Postgres
from tests.support.processes import wait_until
from tests.support.redis import Redis

#: Each statement becomes a line that begins with who asked.
_LOG_PREFIX: Final = "asked by %a: "
_LINE: Final = re.compile(r"^asked by nightdesk-?(\w*): LOG:  (?:statement|execute [^:]*): (\w+)", re.MULTILINE)
IDLE_S: Final = 5.0
_SYNCHRONOUS: Final = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW synchronous_commit")
    print(cursor.fetchone()[0])
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent between two looks: statements by who asked and their first word, bytes of log, seconds."""

    statements: Counter[tuple[str, str]]
    wal_bytes: int
    took_s: float

    def beyond(self, idle: "Spent") -> "Spent":
        """Leave out what an idle system would have spent in the same time."""
        share = self.took_s / idle.took_s
        statements = {key: count - round(idle.statements[key] * share) for key, count in self.statements.items()}
        return Spent(Counter(statements), self.wal_bytes - round(idle.wal_bytes * share), self.took_s)

    def by(self, role: str) -> Counter[str]:
        """Return the statements of one role by their first word."""
        return Counter({word: count for (who, word), count in self.statements.items() if who == role})


class Meter:
    """Reads the server's log of statements and the end of its write-ahead log."""

    def __init__(self, postgres: Postgres, lab: Lab) -> None:
        self._postgres, self._lab = postgres, lab
        self._log_at, self._wal_at, self._looked_at = 0, 0, 0.0
        name = lab.database_url.rpartition("/")[2]
        with postgres.connect() as connection:
            connection.execute(f"ALTER SYSTEM SET log_line_prefix = '{_LOG_PREFIX}'".encode())
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"ALTER DATABASE {name} SET log_statement = 'all'".encode())

    def look(self) -> Spent:
        """Return what was spent since the last look."""
        with self._postgres.log.open("rb") as log:
            log.seek(self._log_at)
            statements = Counter(_LINE.findall(log.read().decode(errors="replace")))
            self._log_at = log.tell()
        wal_at = int(self._lab.sql("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")[0][0])
        now = time.monotonic()
        spent = Spent(statements, wal_at - self._wal_at, now - self._looked_at)
        self._wal_at, self._looked_at = wal_at, now
        return spent


def measure(scale: Scale) -> Iterator[Figure]:
    """Measure submits, a crowd of jobs worked off, a worker that idles, and jobs that come one by one."""
    with Postgres() as postgres, open_lab("postgres", "redis", postgres=postgres) as lab:
        synchronous = lab.run_script(_SYNCHRONOUS).split()[-1]
        meter = Meter(postgres, lab)
        with postgres.connect() as connection:
            connection.execute("CHECKPOINT")
        meter.look()
        lab.submit("many", kind="noop", count=scale.cost_jobs)
        submitted = meter.look()
        lab.command("worker", "--pool", "threads", "--concurrency", "8").wait_for_log(" ready.", 60)
        lab.wait_all_done(limit_s=120)
        crowd = meter.look()
        wait_until(lambda: _is_empty(lab.redis), 20, "the broker has no ring left")
        meter.look()
        time.sleep(IDLE_S)
        idle = meter.look()
        lab.submit("latencies", count=scale.latencies)
        alone = meter.look()
    about = f"one job on PostgreSQL, synchronous_commit {synchronous}"
    jobs_alone = scale.latencies + WARM_UPS
    yield _describe(f"{about}: submit", _write(submitted, "manage", scale.cost_jobs))
    yield _describe(
        f"{about}: claim and finish, {scale.cost_jobs} in a crowd", _write(crowd, "worker", scale.cost_jobs)
    )
    yield _describe(
        f"{about}: claim and finish, alone (WAL: and submit)", _write(alone.beyond(idle), "worker", jobs_alone)
    )
    rate = idle.by("worker").total() / idle.took_s
    words = f"{rate:.1f} statements and {idle.wal_bytes / idle.took_s:.0f} bytes of WAL a second"
    yield _describe("an idle worker on PostgreSQL: sweeper, heartbeat", words)


def _is_empty(redis: Redis | None) -> bool:
    # Rings that were left over when the last job was done each cost a claim that finds nothing.
    assert redis is not None
    with redis.connect() as client:
        return bool(client.llen("default") == 0)


def _write(spent: Spent, role: str, jobs: int) -> str:
    """Write the share of one job, the most frequent statements first."""
    counted = spent.by(role)
    if not counted:
        raise RuntimeError(f"the server's log shows no statement of {role}")
    words = ", ".join(f"{word} {count / jobs:.2f}" for word, count in counted.most_common(5))
    return f"{counted.total() / jobs:.2f} statements ({words}), {spent.wal_bytes / jobs:.0f} bytes of WAL"


def _describe(what: str, ours: str) -> Figure:
    return Figure(what=what, reach="counted", ours=ours)
