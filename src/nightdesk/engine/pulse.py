"""The pulse of a process that runs jobs: flushes progress, fetches flags. One thread, two statements a beat at most.

A run that ends within a beat costs nothing here; a body that reports a thousand times a second costs two writes.
"""

import logging
import os
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Final

from nightdesk.engine import sql, transitions
from nightdesk.engine.identity import me
from nightdesk.engine.transitions.progress import Report

log = logging.getLogger(__name__)

BEAT_S: Final = 0.5


@dataclass(slots=True, eq=False)
class Standing:
    """What this process knows of one of its runs."""

    job_id: uuid.UUID
    token: uuid.UUID
    thread_id: int
    started: float = field(default_factory=time.monotonic)
    soft_limit_s: float | None = None
    hard_limit_s: float | None = None
    percent: int = 0
    message: str = ""
    reported: bool = True  # nothing new since the last flush
    cancelled: bool = False
    lost: bool = False
    overtime: bool = False
    ended: bool = False  # the body is done; its end is being written


class Pulse:
    """The runs of this process. Thread-safe; renewed after a fork."""

    def __init__(self) -> None:
        self._standings: dict[uuid.UUID, Standing] = {}
        self._lock = threading.Lock()
        self._busy = threading.Event()
        self._thread: threading.Thread | None = None

    def enter(self, standing: Standing) -> None:
        """Watch a run from now on."""
        with self._lock:
            self._standings[standing.token] = standing
        self._busy.set()
        if self._thread is None:
            self._start()

    def leave(self, standing: Standing) -> None:
        """Stop watching a run whose end is written."""
        with self._lock:
            self._standings.pop(standing.token, None)
            if not self._standings:
                self._busy.clear()

    def standings(self) -> list[Standing]:
        """All runs of this process now."""
        with self._lock:
            return list(self._standings.values())

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="pulse", daemon=True)
                self._thread.start()

    def _loop(self) -> None:
        while True:
            if not self._busy.is_set():
                sql.drop_connection()  # nobody runs: no connection is held for it
            self._busy.wait()
            began = time.monotonic()
            watched = [one for one in self.standings() if not one.ended and began - one.started > BEAT_S / 2]
            if watched:
                try:
                    self._beat(watched)
                except Exception as exc:  # noqa: BLE001 (the database is away: the runs go on, the next beat tries again)
                    log.debug("pulse: %s", exc)
                    sql.drop_connection()
            time.sleep(max(0.05, BEAT_S - (time.monotonic() - began)))

    def _beat(self, watched: list[Standing]) -> None:
        changed = [one for one in watched if not one.reported]
        for one in changed:
            one.reported = True
        try:
            lost = transitions.report([Report(one.job_id, one.token, one.percent, one.message) for one in changed])
        except BaseException:
            for one in changed:
                one.reported = False
            raise
        flags = transitions.flagged(me().boot_id)
        for one in watched:
            one.cancelled = one.cancelled or flags.get(one.token, False)
            one.lost = one.lost or one.token in lost or one.token not in flags


pulse = Pulse()


def _renew() -> None:
    global pulse
    pulse = Pulse()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def current() -> Pulse:
    """The pulse of this process."""
    return pulse
