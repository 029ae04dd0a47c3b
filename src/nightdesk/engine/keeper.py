"""The keeper: one thread in the worker's main process for lease, dead children, cancels, time limits and sweeping.

A thread, because a database call in a bootstep's timer would stop the broker loop. On prefork its connection lives for
one round only, and rounds hold a gate that `fork` also takes: a child must never inherit an open database connection
(SQLite's locks, psycopg's socket).
"""

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.engine import pulse, sql, transitions
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.identity import counters, me
from nightdesk.engine.overtime import Overtime
from nightdesk.engine.prefork import ChildProcesses, active_runs, find_strays, memory_bytes
from nightdesk.engine.sweeper import SWEEP_S, Sweeper
from nightdesk.engine.transitions import workers

log = logging.getLogger(__name__)

TICK_S: Final = 0.25
BEAT_S: Final = 5.0


@dataclass(slots=True)
class _Rounds:
    """When each duty is due next, monotonic."""

    beat_at: float = 0.0
    sweep_at: float = 0.0


class Keeper:
    """One per worker."""

    def __init__(self) -> None:
        self._worker: Any = None
        self._awake = threading.Event()
        self._gate = threading.Lock()
        self._stopping = threading.Event()
        self._children = ChildProcesses()
        self._unknown: set[Any] = set()  # tokens that the database gave us and we did not run, at the last beat
        self._overtime = Overtime()
        self._sweeper: Sweeper | None = None

    # ---- from other threads

    def start(self, worker: Any) -> None:
        """Register the worker's row, then keep it in a thread of its own.

        Raises:
            django.db.Error: the database cannot be reached; a worker without it is of no use.
        """
        self._worker = worker
        self._sweeper = Sweeper(str(me().boot_id))
        if not me().shared:
            os.register_at_fork(
                before=self._gate.acquire, after_in_parent=self._gate.release, after_in_child=self._gate.release
            )
        with self._gate:
            sql.patiently(self._announce, 60.0)
            self._rest_connection()
        threading.Thread(target=self._loop, name="keeper", daemon=True).start()

    def wake(self) -> None:
        """Look now, not at the next tick."""
        self._awake.set()

    def note_time_limit(self, pid: int, limit_s: float) -> None:
        """This child is about to be killed for its hard time limit."""
        self._children.note_time_limit(pid, limit_s)
        self.wake()

    def say_goodbye(self) -> None:
        """End the lease of a worker that has stopped in order."""
        self._stopping.set()
        try:
            with self._gate:
                workers.leave(me().boot_id)
                sql.drop_connection()
        except Exception as exc:  # noqa: BLE001 (the lease ends by itself)
            log.debug("goodbye: %s", exc)

    # ---- the thread

    def _loop(self) -> None:
        rounds = _Rounds()
        while not self._stopping.is_set():
            self._awake.wait(TICK_S)
            self._awake.clear()
            try:
                with self._gate:
                    self._round(rounds)
                    self._rest_connection()
            except Exception as exc:  # noqa: BLE001 (the database is away: the next round tries again)
                log.warning("the database does not answer the worker's keeper: %s", str(exc).partition("\n")[0][:150])
                sql.drop_connection()
                time.sleep(TICK_S)

    def _round(self, rounds: _Rounds) -> None:
        if not me().shared:
            self._children.look_for_deaths(self._worker)
        self._overtime.enforce(self._worker)
        now = time.monotonic()
        if now >= rounds.beat_at:
            self._announce()
            self._give_back_strays()
            rounds.beat_at = now + BEAT_S
        if now >= rounds.sweep_at and self._sweeper is not None:
            if not me().shared:
                self._children.end_what_must_end(self._worker)
            self._sweeper.sweep()
            rounds.sweep_at = now + SWEEP_S
        elif self._sweeper is not None:
            self._sweeper.top_up_if_hungry()

    def _rest_connection(self) -> None:
        if not me().shared:
            sql.drop_connection()

    def _announce(self) -> None:
        consumer = getattr(self._worker, "consumer", None)
        queues = sorted(self._worker.app.amqp.queues.consume_from) if consumer is not None else []
        workers.beat(
            workers.Announcement(
                boot_id=me().boot_id,
                name=me().name,
                pid=os.getpid(),
                pool=me().pool,
                queues=queues,
                kinds={name: kind.version for name, kind in KINDS.items() if name in self._worker.app.tasks},
                slots=int(self._worker.concurrency or 1),
                lost_slots=self._overtime.lost_slots,
                active=len(pulse.current().standings()) if me().shared else len(active_runs()),
                refused=counters().refused.value,
                dead_rings=counters().dead_rings.value,
                memory_bytes=memory_bytes(os.getpid()),
                draining=self._overtime.draining,
            )
        )

    def _give_back_strays(self) -> None:
        """Give back rows that the database says we run and we do not, seen so at two beats."""
        if me().shared:
            ours: set[Any] = {one.token for one in pulse.current().standings()}
            strays = [one for one in transitions.running_of(me().boot_id) if one.token not in ours]
        else:
            strays = find_strays(transitions.running_of(me().boot_id))
        for one in strays:
            if one.token in self._unknown:
                log.warning("job %s was ours and nobody runs it: given back", one.id)
                transitions.rescue(one, counts=False, suspect=False, why="Its run was lost inside its worker.")
        self._unknown = {one.token for one in strays}


keeper = Keeper()
