"""The faults, each performed on a lab: given the number of jobs, return the seconds from the repair until all are done.

The tests state what must hold afterwards; the table prints it.
"""

import contextlib
import random
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from functools import partial

from tests.fault.lab import NAP, Lab
from tests.fault.paced_writer import PACE_S
from tests.fault.stacks import MANY
from tests.support.nightdesk import Worker
from tests.support.postgres import Postgres
from tests.support.processes import wait_until
from tests.support.rabbitmq import RabbitMQ
from tests.support.redis import Redis

CHILD_KILLS = 5
#: Longer than a worker's lease: every lease has ended when the database is back. The longer time is a soak's.
AWAY_S, LONG_AWAY_S = 18.0, 60.0
#: What a frozen worker ran: work that would end, store a step, or report next.
SORTS = ("fault.ending", "fault.stepped", "fault.reporting")
#: Long enough to be frozen half-way on a busy machine.
FROZEN_JOB_S = 6.0
DIED_BY_KILL = -9
#: On threads each of its four deaths is noticed when the worker's lease ends.
KILLER_LIMIT_S = 180.0
KILL_SEED, KILLED_SHARE = 2, 0.8
SHORT_NAP_S = 0.02
_WAITING = "SELECT count(*) FROM engine_job WHERE state = 'waiting'"
_SUCCEEDED = "SELECT count(*) FROM engine_job WHERE state = 'succeeded'"
_MOST_CRASHES = "SELECT max(crashes) FROM engine_job WHERE state <> 'succeeded'"

_RING = """
import sys, uuid
from nightdesk.engine.ringer import Ring, current
jobs = [uuid.UUID(line) for line in open(sys.argv[1]).read().split()]
for _ in range(10):
    assert current().publish([Ring(job, sys.argv[2], "default", 1) for job in jobs]) == len(jobs)
"""
_ENQUEUE_KILLER = """
from nightdesk.engine.enqueue import enqueue
from tests.support.kinds import Killer
enqueue(Killer())
"""
_DIE_BEFORE_THE_RING = """
import os, signal, sys
from django.db import transaction
from nightdesk.engine.enqueue import enqueue_named
with transaction.atomic():
    # Called first of all once the commit is done; the rings would come after it.
    transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
    for _ in range(int(sys.argv[1])):
        print(enqueue_named(sys.argv[2], [], {"seconds": 0.05}), flush=True)
"""


def kill_worker_tree(lab: Lab, jobs: int) -> float:
    """Kill worker and children half-way and start a worker of the same name."""
    worker = lab.begin(jobs)
    lab.kill_tree(worker)
    lab.start_worker()
    return lab.finish()


def kill_children(lab: Lab, jobs: int, kills: int = CHILD_KILLS) -> float:
    """Kill a busy prefork child, several times in a row."""
    worker = lab.begin(jobs, share=0.1)
    for _ in range(kills):
        pid = lab.kill_busy_child(worker)
        left = partial(lab.ask, f"SELECT count(*) FROM engine_job WHERE state = 'running' AND pid = {pid}")
        wait_until(lambda left=left: left() == 0, 40, "the killed child's job is taken from it")  # type: ignore[misc]
    return lab.finish()


def kill_children_any_time(lab: Lab, jobs: int, kills: int = 30) -> float:
    """Kill prefork children that were just forked, that claim, work, finish or wait: with jobs that take no time."""
    chance = random.Random(KILL_SEED)
    worker = lab.begin(jobs, share=0.0, seconds=SHORT_NAP_S).wait_ready()
    for number in range(kills):
        if lab.ask(_WAITING) < jobs // 5:
            lab.enqueue(jobs, SHORT_NAP_S)
        known = wait_until(partial(_pids_of_children, worker), 30, "the worker has a child")
        lab.kill_one(chance.choice(sorted(known)))
        if number % 3 == 0:
            newborn = wait_until(partial(_pids_of_children, worker, known), 30, "the child is replaced")
            lab.kill_one(newborn.pop())  # as young as can be
        succeeded = lab.ask(_SUCCEEDED)
        wait_until(lambda before=succeeded: lab.ask(_SUCCEEDED) > before, 60, "the pool works")  # type: ignore[misc]
        # Two deaths of one job are as many as it may have: a third would end it.
        wait_until(lambda: lab.ask(_MOST_CRASHES) < 2, 60, "no job has died twice")
        time.sleep(chance.uniform(0.0, 0.3))  # the moment is the fault
    return lab.finish()


def _pids_of_children(worker: Worker, without: Collection[int] = ()) -> set[int]:
    return {child.pid for child in worker.children()}.difference(without)


def lose_broker(lab: Lab, jobs: int) -> float:
    """Kill the broker half-way; Redis comes back empty, RabbitMQ with what its disk kept."""
    lab.begin(jobs)
    broker = broker_of(lab)
    broker.kill9()
    broker.start()
    return lab.finish()


def purge_rings(lab: Lab, jobs: int) -> float:
    """Run `celery purge` half-way."""
    purge = lab.prepare_purge()
    lab.begin(jobs)
    assert purge() > 0  # else nothing was taken away
    return lab.finish()


def kill_postgres(lab: Lab, jobs: int) -> float:
    """Kill PostgreSQL with all its backends half-way and start it again."""
    lab.begin(jobs)
    server = postgres_of(lab)
    server.kill9()
    server.start()
    return lab.finish()


def lose_rings(lab: Lab, jobs: int) -> float:
    """Kill the process that accepts the jobs between its commit and the first ring."""
    worker = lab.start_worker().wait_ready()
    accepting = lab.nightdesk.start_script("accepting", _DIE_BEFORE_THE_RING, str(jobs), NAP)
    assert accepting.wait(60) == DIED_BY_KILL, accepting.tail()
    lab.jobs += accepting.printed().split()
    assert len(lab.jobs) == jobs
    took_s = lab.finish()
    worker.ensure_alive()
    assert lab.ask("SELECT count(*) FROM engine_job WHERE ring LIKE '%%.1'") == 0  # no first ring was ever sent
    return took_s


def ring_ten_times(lab: Lab, jobs: int) -> float:
    """Deliver ten more rings for each job before a worker looks."""
    ids = lab.nightdesk.folder / "ids"
    ids.write_text("\n".join(lab.enqueue(jobs)) + "\n")
    lab.nightdesk.run_script(_RING, str(ids), NAP)
    lab.start_worker()
    return lab.finish()


def lose_database(lab: Lab, jobs: int) -> float:
    """Take the database away for longer than a lease while jobs run: PostgreSQL stops, SQLite is locked by another."""
    lab.begin(jobs, share=0.3)
    with database_away(lab):
        gone_at, away_s = time.monotonic(), LONG_AWAY_S if jobs >= MANY else AWAY_S
        wait_until(lambda: time.monotonic() - gone_at > away_s, away_s + 10, "the database was away long enough")
    return lab.finish()


def silence_database(lab: Lab, jobs: int) -> float:
    """Freeze PostgreSQL for longer than a lease: connections stay open and nothing answers."""
    lab.begin(jobs, share=0.3)
    server = postgres_of(lab)
    server.freeze()
    gone_at, away_s = time.monotonic(), LONG_AWAY_S if jobs >= MANY else AWAY_S
    wait_until(lambda: time.monotonic() - gone_at > away_s, away_s + 10, "the database was silent long enough")
    server.thaw()
    return lab.finish()


def freeze_worker(lab: Lab, jobs: int) -> float:
    """Freeze a worker with one run of each sort past its lease; another does them; it goes on. `jobs` does not matter."""
    frozen = lab.start_worker("a", slots=len(SORTS)).wait_ready()
    lab.enqueue(1, FROZEN_JOB_S, SORTS)
    wait_until(lambda: lab.nightdesk.states()["running"] == len(SORTS), 30, "a job of each sort runs")
    frozen.freeze()
    lab.start_worker("b", slots=len(SORTS)).wait_ready()
    took_s = lab.finish()
    frozen.thaw()
    wait_until(lambda: lab.verdict().refused >= len(SORTS), 30, lambda: f"all is refused: {lab.verdict().describe()}")
    counted = "SELECT max(refused) FROM engine_worker"
    wait_until(lambda: lab.ask(counted) >= len(SORTS), 30, "the worker's row says how many writes were refused")
    return took_s


def enqueue_while_broker_is_dead(lab: Lab, jobs: int) -> float:
    """Kill the broker, accept the jobs, start it again."""
    lab.start_worker().wait_ready()
    broker = broker_of(lab)
    broker.kill9()
    lab.enqueue(jobs)
    broker.start()
    return lab.finish()


def enqueue_while_broker_is_silent(lab: Lab, jobs: int) -> float:
    """Freeze the broker, accept the jobs, let it go on."""
    lab.start_worker().wait_ready()
    broker = broker_of(lab)
    broker.freeze()
    lab.enqueue(jobs)
    broker.thaw()
    return lab.finish()


def kill_idle_children(lab: Lab, jobs: int) -> float:
    """Kill every prefork child while it waits for a job, then bring jobs."""
    worker = lab.start_worker().wait_ready()
    known = {child.pid for child in worker.children()}
    for pid in known:
        lab.kill_one(pid)
    lab.enqueue(jobs)
    return lab.finish()


def run_a_killer(lab: Lab, jobs: int) -> float:
    """Run a job that kills its worker each time among others; whoever died is started again."""
    began = time.monotonic()
    lab.enqueue(jobs // 2)
    lab.nightdesk.run_script(_ENQUEUE_KILLER)
    lab.enqueue(jobs - jobs // 2)
    lab.keep_running(jobs + 1, limit_s=KILLER_LIMIT_S)
    return time.monotonic() - began


def kill_in_steps(lab: Lab, begin: Callable[[], str]) -> float:
    """Kill whoever runs a job of several steps, at random moments of most of its steps; `begin` makes the job.

    No step is killed twice: three deaths without a finished step would end the job.
    """
    chance = random.Random(KILL_SEED)
    lab.silent_bodies = True
    lab.jobs.append(begin())
    worker, began = lab.start_worker(), time.monotonic()
    while _wait_for_step(lab, number=len(set(lab.steps())) + 1):
        if chance.random() < KILLED_SHARE:
            time.sleep(chance.uniform(0, PACE_S))  # the moment is the fault
            worker = lab.kill_whoever_runs(worker)
    return time.monotonic() - began


def _wait_for_step(lab: Lab, number: int) -> bool:
    """Wait until the job begins its step of this number; False when it ends instead."""

    def has_begun() -> bool:
        return len(set(lab.steps())) >= number

    def has_ended() -> bool:
        return lab.ask("SELECT count(*) FROM engine_job WHERE finished_at IS NOT NULL") > 0

    wait_until(lambda: has_begun() or has_ended(), 60, lambda: f"step {number} begins: {lab.steps()}")
    return has_begun()


@contextlib.contextmanager
def database_away(lab: Lab) -> Iterator[None]:
    """Take the database away for a while."""
    server = lab.nightdesk.postgres
    if server is not None:
        server.kill9()
        yield
        server.start()
        return
    with contextlib.closing(sqlite3.connect(lab.nightdesk.data_dir / "nightdesk.sqlite3", timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.rollback()


def broker_of(lab: Lab) -> Redis | RabbitMQ:
    """The broker's server."""
    broker = lab.nightdesk.redis or lab.nightdesk.rabbitmq
    assert broker is not None
    return broker


def postgres_of(lab: Lab) -> Postgres:
    """The database's server, this lab's own."""
    assert lab.nightdesk.postgres is not None
    return lab.nightdesk.postgres
