"""Perform every fault and print the table of docs/faults.md.

    python -m tests.fault.table                        all faults on all stacks, 1,000 jobs each: about half an hour
    python -m tests.fault.table purge redis            those whose "fault | stack" holds every word
    python -m tests.fault.table --jobs 200 killed      with fewer jobs

The exit status is 1 when anything was lost, stuck or done twice.
"""

import argparse
import platform
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from benchmarks.machine import measure_flush_ms
from tests.fault import faults
from tests.fault.beats import run_two_beats
from tests.fault.lab import EXTRA_TASKS, Lab
from tests.fault.stacks import MANY, STACKS, Stack
from tests.fault.studio import ask_for_campaign
from tests.fault.verdict import Verdict
from tests.support.nightdesk import Installation

HEAD = "fault | stack | jobs | lost | stuck | accepted twice | reruns | refused | all done after s | rescue p50 / max s"


@dataclass(frozen=True)
class Row:
    """A fault of the table. `on` is a word that the name of its stacks must hold."""

    words: str
    perform: Callable[[Lab, int], float]
    most_reruns: Callable[[Lab], int] = lambda lab: 0
    on: str = ""


ROWS = (
    Row("worker tree killed half-way, started again", faults.kill_worker_tree, lambda lab: lab.stack.slots),
    Row("30 busy children killed", lambda lab, jobs: faults.kill_children(lab, jobs, 30), lambda lab: 30, "prefork"),
    Row("30 children killed at any moment", faults.kill_children_any_time, lambda lab: len(lab.kills), "prefork"),
    Row("all waiting children killed", faults.kill_idle_children, on="prefork"),
    Row("broker killed half-way, back empty", faults.lose_broker, on="redis"),
    Row("`celery purge` half-way", faults.purge_rings),
    Row("PostgreSQL killed half-way, started again", faults.kill_postgres, on="postgres"),
    Row("accepting process killed between commit and ring", faults.lose_rings),
    Row("every ring ten times", faults.ring_ten_times),
    Row("two beats, one killed", run_two_beats),
    Row("database away for 60 s", faults.lose_database),
    Row("database silent for 60 s", faults.silence_database, on="postgres"),
    Row("worker frozen past its lease", faults.freeze_worker, lambda lab: len(faults.SORTS)),
    Row("accepted while the broker is dead", faults.enqueue_while_broker_is_dead, on="redis"),
    Row("accepted while the broker is silent", faults.enqueue_while_broker_is_silent, on="redis"),
    Row("a job that kills its worker, among others", faults.run_a_killer, lambda lab: len(lab.kills) * lab.stack.slots),
    Row(
        "six-channel campaign, its workers killed",
        lambda lab, jobs: faults.kill_in_steps(lab, lambda: ask_for_campaign(lab.nightdesk)),
        lambda lab: len(lab.kills),
    ),
)
USUAL_STACKS = [stack for stack in STACKS.values() if stack.pool != "solo"]


def main() -> int:
    """Print the table as it grows."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault.table")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--jobs", type=int, default=MANY)
    options = parser.parse_args()
    say(describe_machine())
    say("", f"| {HEAD} |", "|---" * (HEAD.count("|") + 1) + "|")
    good = [
        print_row(row, stack, options.jobs)
        for row in ROWS
        for stack in USUAL_STACKS
        if row.on in stack.name and all(word in f"{row.words} | {stack.name}" for word in options.words)
    ]
    return 0 if all(good) else 1


def print_row(row: Row, stack: Stack, jobs: int) -> bool:
    """Perform one fault on one stack; return whether everything that must hold held."""
    with Installation(database=stack.database, broker=stack.broker, extra_tasks=EXTRA_TASKS) as nightdesk:
        nightdesk.migrate()
        lab = Lab(nightdesk, stack)
        try:
            took_s = row.perform(lab, jobs)
        except (TimeoutError, AssertionError, RuntimeError) as error:
            why = str(error).partition("\n")[0] or type(error).__name__
            say(f"| {row.words} | {stack.name} | {jobs} | NOT DONE: {why} |")
            return False
        lab.wait_for_witness()
        verdict = lab.verdict()
        say("| " + " | ".join([row.words, stack.name, *cells(verdict, took_s)]) + " |")
        return not verdict.wrongs and verdict.reruns <= row.most_reruns(lab)


def cells(verdict: Verdict, took_s: float) -> Iterator[str]:
    """Give the numbers of a row."""
    yield str(verdict.jobs)
    yield str(len(verdict.lost) + len(verdict.failed))
    yield str(len(verdict.stuck))
    yield str(len(verdict.accepted_twice) + len(verdict.foreign) + len(verdict.unseen) + len(verdict.unclaimed))
    yield str(verdict.reruns)
    yield str(verdict.refused)
    yield f"{took_s:.1f}"
    rescues = verdict.rescues_s
    yield f"{statistics.median(rescues):.2f} / {max(rescues):.2f}" if rescues else "-"


def describe_machine() -> str:
    """Name the machine in one line."""
    memory_gib = psutil.virtual_memory().total / 2**30
    return (
        f"Machine: {psutil.cpu_count()} cores ({platform.machine()}), {memory_gib:.0f} GiB of memory, "
        f"one flush of its disk {measure_flush_ms():.2f} ms, {platform.system()}, Python {platform.python_version()}."
    )


def say(*lines: str) -> None:
    """Print at once: the run takes long."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
