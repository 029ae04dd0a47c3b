"""The lab: an installation on one stack, with jobs that nap, and a record of every kill."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence

from tests.fault.stacks import MANY, Stack
from tests.fault.verdict import Kill, Verdict, examine
from tests.support.nightdesk import Installation, Worker
from tests.support.processes import Process, wait_until
from tests.support.rows import count_finished
from tests.support.witness import read_lines

#: What the workers of every lab load besides Nightdesk itself.
EXTRA_TASKS = ("tests.support.kinds", "tests.fault.kinds", "tests.fault.paced_writer")
NAP = "tests.nap"
NAP_S = 0.05
#: What a healthy stack needs at most for all jobs of a fault, counted from its start.
PATIENCE_S = 120.0
WITNESS_LIMIT_S = 5.0

_ENQUEUE = """
import sys, time
from nightdesk.engine.enqueue import enqueue_named
for _ in range(int(sys.argv[1])):
    for kind in sys.argv[3:]:
        began = time.monotonic()
        job = enqueue_named(kind, [], {"seconds": float(sys.argv[2])})
        print(job, time.monotonic() - began)
"""
#: The very command, with its imports done before it is wanted, at a moment when there are rings.
_PURGE = """
import pathlib, sys, time
from celery.bin.celery import main
from nightdesk.engine.ringer import current
while not (pathlib.Path(sys.argv[1]).exists() and current().depth("default")):
    time.sleep(0.002)
sys.argv[1:] = ["-A", "nightdesk", "purge", "-f"]
main()
"""


class Lab:
    """One Nightdesk in which things break."""

    def __init__(self, nightdesk: Installation, stack: Stack, report: Callable[[str], None] = print) -> None:
        self.nightdesk, self.stack, self._report = nightdesk, stack, report
        self.jobs: list[str] = []
        self.kills: list[Kill] = []
        self.slowest_enqueue_s = 0.0
        self.silent_bodies = False

    # ---- work

    def start_worker(self, name: str = "a", slots: int | None = None) -> Worker:
        """Start a worker of this stack; `wait_ready` waits for it."""
        return self.nightdesk.worker(name, pool=self.stack.pool, concurrency=slots or self.stack.slots)

    def enqueue(self, count: int, seconds: float = NAP_S, kinds: Sequence[str] = (NAP,)) -> list[str]:
        """Accept `count` jobs of each kind that take `seconds` and remember them for the verdict."""
        told = self.nightdesk.run_script(_ENQUEUE, str(count), str(seconds), *kinds).split()
        jobs, times_s = told[::2], told[1::2]
        assert len(jobs) == count * len(kinds)
        self.jobs += jobs
        self.slowest_enqueue_s = max(self.slowest_enqueue_s, *map(float, times_s))
        return jobs

    def begin(self, count: int, *, share: float = 0.5, seconds: float | None = None) -> Worker:
        """Let a worker do this share of `count` jobs and return it, with the rest still to do.

        Few jobs on many slots would be over before anybody looked, so those take longer; of many the first would be over
        before the last is accepted, so they all are before the worker starts.
        """
        early = None if count >= MANY else self.start_worker()
        stretch = 1.0 if count >= MANY else max(1.0, self.stack.slots / 2)
        self.enqueue(count, NAP_S * stretch if seconds is None else seconds)
        worker = early or self.start_worker()
        self.wait_succeeded(int(count * share))
        assert self.nightdesk.states()["succeeded"] < count  # else there is nothing left to disturb
        return worker

    def keep_running(self, count: int, limit_s: float) -> int:
        """Start a worker, and again whenever it died, until `count` jobs are final; return how often it died."""
        workers = [self.start_worker()]

        def is_done() -> bool:
            if not workers[-1].alive:
                now = time.time()
                self.kills.append(Kill(now, now, frozenset({workers[-1].pid})))
                workers.append(self.start_worker())
            return count_finished(self.nightdesk.states()) >= count

        wait_until(is_done, limit_s, lambda: f"{count} jobs are final: {dict(self.nightdesk.states())}")
        return len(workers) - 1

    def wait_succeeded(self, count: int, limit_s: float = PATIENCE_S) -> None:
        """Wait until so many jobs have succeeded."""
        wait_until(
            lambda: self.nightdesk.states()["succeeded"] >= count,
            limit_s,
            lambda: f"{count} jobs succeeded: {dict(self.nightdesk.states())}",
        )

    def finish(self, limit_s: float = PATIENCE_S) -> float:
        """Wait until all jobs are final and return how many seconds that took."""
        return self.nightdesk.done(len(self.jobs), limit_s)

    def ask(self, query: str) -> int:
        """Read one number, 0 where there is none."""
        return int(self.nightdesk.sql(query)[0][0] or 0)

    # ---- faults

    def kill_tree(self, process: Process) -> None:
        """SIGKILL a process and everything below it."""
        at, pids = time.time(), frozenset(member.pid for member in process.members())
        process.kill9()
        self.kills.append(Kill(at, time.time(), pids))

    def kill_one(self, pid: int) -> None:
        """SIGKILL one process: a prefork child, say."""
        at = time.time()
        os.kill(pid, signal.SIGKILL)
        self.kills.append(Kill(at, time.time(), frozenset({pid})))

    def kill_busy_child(self, worker: Worker) -> int:
        """SIGKILL a prefork child that runs a job which never crashed before; return its pid."""
        pid = wait_until(lambda: self.find_busy_children(worker, most_crashes=0), 30, "a child runs a job")[0]
        self.kill_one(pid)
        return pid

    def kill_whoever_runs(self, worker: Worker) -> Worker:
        """SIGKILL the process that runs a job, if one does; where that is the whole worker, start another; return it."""
        if not self.stack.shared:
            for pid in self.find_busy_children(worker):
                self.kill_one(pid)
            return worker
        self.kill_tree(worker)
        return self.start_worker()

    def prepare_purge(self) -> Callable[[], int]:
        """Warm `celery purge` up and return a function that runs it and says how many rings it threw away."""
        go = self.nightdesk.folder / "go"
        purging = self.nightdesk.start_script("purge", _PURGE, str(go))

        def purge() -> int:
            go.touch()
            assert purging.wait(60) == 0, purging.tail()
            words = purging.printed().split()
            return int(words[words.index("Purged") + 1]) if "Purged" in words else 0

        return purge

    # ---- looking

    def verdict(self) -> Verdict:
        """Judge all jobs that this lab accepted."""
        return examine(self.nightdesk, self.jobs, self.kills, silent_bodies=self.silent_bodies)

    def wait_for_witness(self) -> None:
        """Give the witness a moment: a process that lives tells it of an end just after the commit."""
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: not self.verdict().unseen, WITNESS_LIMIT_S, "the witness has heard of every end")

    def verify(self, fault: str, *, most_reruns: int = 0) -> Verdict:
        """Fail unless every job was done once, its end accepted once, and hardly any body ran twice; say how it went."""
        self.wait_for_witness()
        verdict = self.verdict()
        self._report(f"{fault}, {self.stack.name}: {verdict.describe()}")
        assert verdict.wrongs == {}
        assert verdict.reruns <= most_reruns
        return verdict

    def find_busy_children(self, worker: Worker, most_crashes: int = 100) -> list[int]:
        """List the children of this worker that run a job which crashed at most so often."""
        ours = {child.pid for child in worker.children()}
        rows = self.nightdesk.sql(f"SELECT pid FROM engine_job WHERE state = 'running' AND crashes <= {most_crashes}")
        return [pid for (pid,) in rows if pid in ours]

    def steps(self) -> list[str]:
        """List the steps that were begun, in order, each as often as it was."""
        return [line.token for line in read_lines(self.nightdesk.witness_path) if line.event == "step"]


MakeLab = Callable[..., Lab]
