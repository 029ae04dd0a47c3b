"""Tracked jobs a second on PostgreSQL and Redis, beside Django with django-celery-results on the same servers."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from benchmarks.figures.draining import Drained, drain_ours, drain_peer
from benchmarks.numbers import median, write_spread
from benchmarks.peers import REUSING, USUAL, Stack, WorkerSet
from benchmarks.scale import Scale
from benchmarks.table import Figure
from tests.support.postgres import Postgres
from tests.support.redis import Redis

OURS: Final = (WorkerSet("threads", 8), WorkerSet("prefork", 2))
PEER_SETS: Final = (
    WorkerSet("prefork", 2),
    WorkerSet("prefork", 4),
    WorkerSet("threads", 8),
    WorkerSet("threads", 16),
)
#: How many times as fast as each peer we want to be.
WANTED: Final = {USUAL: 5.0, REUSING: 1.5}

Trials = list[Drained]


def measure(scale: Scale) -> Iterator[Figure]:
    """Measure ours and both peers in turn, so that a slow minute of the machine meets all of them."""
    with Postgres() as postgres, Redis() as redis:
        best = {stack: _find_best(stack, scale, postgres, redis) for stack in WANTED}
        ours: dict[WorkerSet, Trials] = {workers: [] for workers in OURS}
        peers: dict[Stack, Trials] = {stack: [] for stack in WANTED}
        for repetition in range(scale.repetitions):
            for workers, trials in ours.items():
                drained = drain_ours("postgres", "redis", workers, scale.our_jobs, postgres=postgres, redis=redis)
                trials.append(_say(f"{repetition} ours, {workers}", drained))
            for stack, trials in peers.items():
                drained = drain_peer(stack, best[stack], scale.peer_jobs, postgres=postgres, redis=redis)
                trials.append(_say(f"{repetition} {stack.name}, {best[stack]}", drained))
    for workers, trials in ours.items():
        for stack, wanted in WANTED.items():
            yield _compare(workers, trials, stack, best[stack], peers[stack], wanted)


def _find_best(stack: Stack, scale: Scale, postgres: Postgres, redis: Redis) -> WorkerSet:
    rates: Mapping[WorkerSet, float] = {
        workers: _say(
            f"scouting {stack.name}, {workers}",
            drain_peer(stack, workers, scale.scout_jobs, postgres=postgres, redis=redis),
        ).per_s
        for workers in PEER_SETS
    }
    return max(rates, key=lambda workers: rates[workers])


def _compare(
    workers: WorkerSet, ours: Sequence[Drained], stack: Stack, best: WorkerSet, peers: Sequence[Drained], wanted: float
) -> Figure:
    ratios = [our.per_s / peer.per_s for our, peer in zip(ours, peers, strict=True)]
    told = f"{sum(one.told for one in ours)} jobs and {sum(one.resyncs for one in ours)} resyncs told live"
    return Figure(
        what=f"tracked jobs per second, PostgreSQL + Redis, one worker, {workers}; peer: {stack.name}",
        reach=f"{wanted:g}x",
        ours=f"{write_spread([one.per_s for one in ours])}/s; {told}",
        peers=f"{write_spread([one.per_s for one in peers])}/s, {best}",
        ratio=write_spread(ratios, ".1f"),
        met=median(ratios) >= wanted,
    )


def _say(what: str, drained: Drained) -> Drained:
    print(f"  {what}: {drained.per_s:.0f}/s", file=sys.stderr, flush=True)
    return drained
