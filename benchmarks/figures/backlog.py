"""A long line that hardly moves: what rings find nothing, how soon urgent jobs and other people's jobs start."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Final

from benchmarks.lab import Lab, open_lab
from benchmarks.numbers import percentile
from benchmarks.scale import Scale
from benchmarks.table import Figure

#: One job's length, and the slots of the only worker: 40 jobs a second, so 100,000 outlast the ten minutes.
NAP_S: Final = 0.2
SLOTS: Final = 8
#: In each round: an urgent job like those that wait, an urgent one of another kind, an ordinary one of somebody else.
ROUND_S: Final = 3.0
WANTED_DEAD_SHARE: Final = 0.05
WANTED_URGENT_S: Final = 2.0
WANTED_JOB_LENGTHS: Final = 2.0
#: The worker tells of its dead rings with every beat of its heart.
BEAT_S: Final = 5.0


def measure(scale: Scale) -> Iterator[Figure]:
    """Let one owner's jobs wait on PostgreSQL and Redis while a single worker takes them in its own time."""
    with open_lab("postgres", "redis") as lab:
        said = lab.submit("many", kind="nap", count=scale.backlog_jobs, per_transaction=1000, owner_id=1, seconds=NAP_S)
        print(f"  {scale.backlog_jobs} jobs accepted in {said['took_s']:.0f} s", file=sys.stderr, flush=True)
        worker = lab.worker("a", pool="threads", concurrency=SLOTS).wait_ready()
        probing = lab.start_submitting("probe", seconds=scale.backlog_s, every_s=ROUND_S, nap_s=NAP_S)
        if probing.wait(scale.backlog_s + 60):
            raise RuntimeError(f"the probes failed:\n{probing.tail()}")
        time.sleep(BEAT_S + 1)
        worker.ensure_alive()
        lab.check_duties()
        waiting = lab.states()["waiting"]
        if waiting < scale.backlog_jobs / 2:
            raise RuntimeError(f"only {waiting} of {scale.backlog_jobs} jobs are left: this was no backlog")
        about = f"{scale.backlog_jobs} jobs waiting for {scale.backlog_s / 60:g} min, {NAP_S:g} s each, threads {SLOTS}"
        yield _describe_rings(lab, worker.node, about)
        yield _describe_urgent(lab, "urgent:same", f"{about}: an urgent job of the same kind")
        yield _describe_urgent(lab, "urgent:other", f"{about}: an urgent job of another kind")
        yield _describe_other_owner(lab, about)


def _describe_rings(lab: Lab, node: str, about: str) -> Figure:
    taken = _count_rings_taken(lab, node)
    dead = int(lab.sql("SELECT sum(dead_rings) FROM engine_worker")[0][0])
    return Figure(
        what=f"{about}: rings that found nothing to run",
        reach=f"<= {WANTED_DEAD_SHARE:.0%}",
        ours=f"{dead / taken:.1%} ({dead} of {taken})",
        met=dead <= WANTED_DEAD_SHARE * taken,
    )


def _count_rings_taken(lab: Lab, node: str) -> int:
    told = json.loads(lab.celery("inspect", "stats", "-d", node, "--json", "-t", "10"))
    return sum(told[node]["total"].values())


def _describe_urgent(lab: Lab, subject: str, what: str) -> Figure:
    waits = _read_waits(lab, subject)
    return Figure(
        what=what,
        reach=f"starts within {WANTED_URGENT_S:g} s",
        ours=f"{_write_waits(waits)} of {len(waits)}",
        met=max(waits) <= WANTED_URGENT_S,
    )


def _describe_other_owner(lab: Lab, about: str) -> Figure:
    waits = _read_waits(lab, "owner:other")
    lengths = max(waits) / NAP_S
    return Figure(
        what=f"{about}: another owner's single job of the same kind",
        reach=f"starts within {WANTED_JOB_LENGTHS:g} job lengths",
        ours=f"{lengths:.2f} job lengths at most ({_write_waits(waits)} of {len(waits)})",
        met=lengths <= WANTED_JOB_LENGTHS,
    )


def _write_waits(waits: list[float]) -> str:
    return f"p50 {percentile(waits, 0.5):.2f} s, longest {max(waits):.2f} s"


def _read_waits(lab: Lab, subject: str) -> list[float]:
    """Read the seconds from accepted to running of each job about a subject; one that has not started fails."""
    created = lab.read_times("created_at", "subject = %s ORDER BY id", [subject])
    never = lab.sql("SELECT count(*) FROM engine_job WHERE subject = %s AND started_at IS NULL", [subject])[0][0]
    if never or not created:
        raise RuntimeError(f"{never} of {len(created)} jobs about {subject} never started")
    started = lab.read_times("started_at", "subject = %s ORDER BY id", [subject])
    return [begin - made for made, begin in zip(created, started, strict=True)]
