"""Jobs that wait a second each on an outer service: how many wait at once, and what that costs in memory."""

import sys
from collections.abc import Iterator
from typing import Final

from benchmarks.figures.memory import PeakMemory
from benchmarks.lab import open_lab
from benchmarks.peers import USUAL, WorkerSet, open_peer
from benchmarks.scale import Scale
from benchmarks.slow_service import ANSWER_AFTER_S, start_service
from benchmarks.table import Figure
from tests.support.postgres import Postgres
from tests.support.processes import make_folder, remove_folder
from tests.support.redis import Redis

#: A third of the calls, so that all are made in three rounds.
OURS: Final = WorkerSet("threads", 134)
PEER_THREADS: Final = WorkerSet("threads", 100)
PEER_PREFORK: Final = WorkerSet("prefork", 4)
WANTED_S: Final = 5.0
WANTED_MB: Final = 150.0


def measure(scale: Scale) -> Iterator[Figure]:
    """Submit to a worker that is up; the time counts from the first submit to the last finish."""
    folder = make_folder("slow-service")
    service, port = start_service(folder, sys.executable)
    try:
        with Postgres() as postgres, Redis() as redis:
            our_s, memory = _call_with_ours(scale.calls, port, postgres, redis)
            threads = _call_with_peer(PEER_THREADS, scale.calls, port, postgres, redis)
            prefork = _call_with_peer(PEER_PREFORK, scale.slow_peer_calls, port, postgres, redis)
    finally:
        service.kill9()
        remove_folder(folder)
    yield Figure(
        what=f"{scale.calls} jobs that wait {ANSWER_AFTER_S:g} s on an outer service, one worker, {OURS}; peer: {USUAL.name}",
        reach=f"< {WANTED_S:g} s, < {WANTED_MB:g} MB",
        ours=f"{our_s:.1f} s, {memory} at the peak",
        peers=f"{threads}; {prefork}",
        met=our_s < WANTED_S and memory.peak_bytes < WANTED_MB * 1e6,
    )


def _call_with_ours(count: int, port: int, postgres: Postgres, redis: Redis) -> tuple[float, PeakMemory]:
    with open_lab("postgres", "redis", postgres=postgres, redis=redis) as lab:
        worker = lab.worker("io", pool=OURS.pool, concurrency=OURS.slots).wait_ready()
        with PeakMemory(worker) as memory:
            began_at = lab.submit("many", kind="call", count=count, port=port)["began_at"]
            lab.wait_all_done(limit_s=120)
        return max(lab.read_times("finished_at")) - began_at, memory


def _call_with_peer(workers: WorkerSet, count: int, port: int, postgres: Postgres, redis: Redis) -> str:
    with open_peer(USUAL, postgres, redis) as peer, PeakMemory(peer.start_worker(workers)) as memory:
        began_at = peer.submit("call", count, port)
        took_s = max(peer.wait_finished(count, limit_s=240)) - began_at
        return f"{workers}: {took_s:.1f} s for {count}, {memory}"
