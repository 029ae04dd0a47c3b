"""How soon an idle worker begins: from before the submit in one process to the first line of the body in another."""

from collections.abc import Iterator
from typing import Final

from benchmarks.lab import open_lab
from benchmarks.numbers import percentile, write_percentiles
from benchmarks.scale import Scale
from benchmarks.table import Figure
from tests.support.nightdesk import Broker, Database

#: Stack -> seconds at the 95th percentile.
WANTED_S: Final[dict[tuple[Database, Broker], float]] = {("postgres", "redis"): 0.010, ("sqlite", "files"): 0.060}


def measure(scale: Scale) -> Iterator[Figure]:
    """Submit one job after the other to a worker that has nothing else to do."""
    for (database, broker), wanted_s in WANTED_S.items():
        with open_lab(database, broker) as lab:
            lab.worker("a", pool="threads", concurrency=8).wait_ready()
            waits: list[float] = lab.submit("latencies", count=scale.latencies)["waits_s"]
        yield Figure(
            what=f"idle latency, submit to body running, {database} + {broker}, threads 8",
            reach=f"p95 < {wanted_s * 1000:.0f} ms",
            ours=f"{write_percentiles(waits)}, longest {max(waits) * 1000:.0f} ms of {len(waits)}",
            met=percentile(waits, 0.95) < wanted_s,
        )
