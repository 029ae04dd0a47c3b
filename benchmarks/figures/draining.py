"""Draining: the rows first, then the workers; the rate of what is finished."""

from dataclasses import dataclass
from typing import Any

from benchmarks.lab import SUBJECT, follow_live, open_lab
from benchmarks.numbers import steady_rate
from benchmarks.peers import Stack, WorkerSet, open_peer
from tests.support.nightdesk import Broker, Database
from tests.support.postgres import Postgres
from tests.support.redis import Redis

LIMIT_S = 240.0
#: Jobs that are submitted in one transaction, to have them all before the first worker.
PER_TRANSACTION = 500


@dataclass(frozen=True, slots=True)
class Drained:
    """One trial: jobs a second, and what the reader of the live feed heard meanwhile."""

    per_s: float
    told: int = 0
    resyncs: int = 0


def drain_ours(database: Database, broker: Broker, workers: WorkerSet, jobs: int, **servers: Any) -> Drained:
    """Drain no-op jobs with one worker; sweeper, heartbeat and a reader of the live feed are on."""
    with open_lab(database, broker, **servers) as lab, follow_live(lab) as reader:
        lab.submit("many", kind="noop", count=jobs, per_transaction=PER_TRANSACTION, subject=SUBJECT)
        _settle(lab.postgres)
        lab.worker("a", pool=workers.pool, concurrency=workers.slots).wait_ready()
        lab.wait_all_done(LIMIT_S)
        lab.check_duties()
        return Drained(steady_rate(lab.read_times("finished_at")), len(reader.states), reader.resyncs)


def drain_peer(stack: Stack, workers: WorkerSet, jobs: int, *, postgres: Postgres, redis: Redis) -> Drained:
    """Drain the peer's no-op tasks with one worker."""
    with open_peer(stack, postgres, redis) as peer:
        peer.submit("noop", jobs)
        _settle(postgres)
        peer.start_worker(workers)
        return Drained(steady_rate(peer.wait_finished(jobs, LIMIT_S)))


def _settle(postgres: Postgres | None) -> None:
    # A checkpoint, so that no trial pays for the pages which the one before it has dirtied.
    if postgres is not None:
        with postgres.connect() as connection:
            connection.execute("CHECKPOINT")
