"""Tracked jobs a second without any server: SQLite with a flush at every commit, and the file broker."""

import sys
from collections.abc import Iterator
from typing import Final

from benchmarks.figures.draining import Drained, drain_ours
from benchmarks.numbers import median, write_spread
from benchmarks.peers import WorkerSet
from benchmarks.scale import Scale
from benchmarks.table import Figure

SETS: Final = (WorkerSet("threads", 8), WorkerSet("prefork", 2))
WANTED_PER_S: Final = 500.0


def measure(scale: Scale) -> Iterator[Figure]:
    """Drain with each worker set in turn."""
    trials: dict[WorkerSet, list[Drained]] = {workers: [] for workers in SETS}
    for _ in range(scale.repetitions):
        for workers, drained in trials.items():
            drained.append(drain_ours("sqlite", "files", workers, scale.our_jobs))
            print(f"  {workers}: {drained[-1].per_s:.0f}/s", file=sys.stderr, flush=True)
    for workers, drained in trials.items():
        rates = [one.per_s for one in drained]
        told = f"{sum(one.told for one in drained)} jobs and {sum(one.resyncs for one in drained)} resyncs told live"
        yield Figure(
            what=f"the same embedded: SQLite (synchronous FULL) + file broker, one worker, {workers}",
            reach=f"{WANTED_PER_S:g}/s",
            ours=f"{write_spread(rates)}/s; {told}",
            met=median(rates) >= WANTED_PER_S,
        )
