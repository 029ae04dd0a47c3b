"""Ringing: one small message a due row, from a background thread, allowed to fail.

A ring is credit to run one job of its kind on its queue. It names a job so that logs and Flower can be searched; losing
or doubling one changes nothing, because the sweeper keeps the broker topped up from the rows.
"""

import atexit
import logging
import os
import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from celery import current_app
from kombu.pools import ProducerPool

log = logging.getLogger(__name__)

#: Redis needs both socket limits: connecting alone does not bound a server that accepts and stays silent. `max_retries`
#: bounds kombu's default channel, which retries on its own before `retry=False` is looked at.
BOUNDED: Final[dict[str, Any]] = {
    "socket_connect_timeout": 0.4,
    "socket_timeout": 0.4,
    "max_retries": 0,
    "connect_retries_timeout": 0.4,
    "retry_on_timeout": False,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
#: Without a rest, a hundred enqueues during a silent broker would cost a hundred time-outs.
REST_AFTER_FAILURE_S: Final = 1.0
#: Rings that a queue without a known window may hold: it has no worker yet, or one slot. Those that are there stand before
#: any later one, however urgent its job.
DEFAULT_WINDOW: Final = 8
#: How long a process that ends may wait for its last rings; the sweeper rings what is lost.
LAST_WORDS_S: Final = 0.5
_DEPTH_FRESH_S: Final = 0.25
_MOST_PENDING: Final = 10_000
#: Rings that may be promised before the broker is asked how many it holds.
_GUESSED_ROOM: Final = 8


@dataclass(frozen=True, slots=True)
class Ring:
    """One doorbell; its Celery id is `<job id>.<number>`."""

    job_id: uuid.UUID
    kind: str
    queue: str
    number: int


@dataclass(slots=True)
class _Room:
    left: int
    looked_at: float
    guessed: bool = False  # handed out before the broker was asked


class Ringer:
    """Publishes rings in order, a batch at a time. One per process; renewed after a fork."""

    def __init__(self) -> None:
        self._pending: deque[Ring] = deque()
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._pool: ProducerPool | None = None
        self._broken_until = 0.0
        self._rooms: dict[str, _Room] = {}
        self.windows: dict[str, int] = {}

    def has_room(self, queue: str) -> bool:
        """Whether a ring for this queue would be sent now, as far as this process knows."""
        now = time.monotonic()
        if now < self._broken_until or len(self._pending) >= _MOST_PENDING:
            return False
        room = self._rooms.get(queue)
        if room is None or now - room.looked_at > _DEPTH_FRESH_S:
            room = self._rooms[queue] = _Room(_GUESSED_ROOM, now, guessed=True)
        return room.left > 0

    def ring_soon(self, ring: Ring) -> None:
        """Hand a ring to the background thread. Never blocks, never raises for a broker."""
        if not self.has_room(ring.queue):
            return
        if room := self._rooms.get(ring.queue):
            room.left -= 1
        self._pending.append(ring)
        self._idle.clear()
        if self._thread is None:
            self._start()
        self._wake.set()

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until everything handed over was tried; for short-lived processes that ring just before they exit."""
        return self._idle.wait(timeout_s)

    def publish(self, rings: Sequence[Ring]) -> int:
        """Send these now; return how many were sent. Never raises for a broker."""
        if time.monotonic() < self._broken_until:
            return 0
        sent = 0
        try:
            with self._producers().acquire(block=True, timeout=0.5) as producer:
                for ring in rings:
                    self._send(ring, producer)
                    sent += 1
        except Exception as exc:  # noqa: BLE001 (any broker trouble: the rows stay, the sweeper rings again)
            self._broken_until = time.monotonic() + REST_AFTER_FAILURE_S
            log.warning("the broker does not answer (%s); jobs wait in the database", type(exc).__name__)
        return sent

    def depth(self, queue: str) -> int:
        """Return how many rings the broker holds for a queue.

        Raises:
            Exception: the broker cannot be asked.
        """
        with self._producers().acquire(block=True, timeout=0.5) as producer:
            connection = producer.connection
            try:
                return int(connection.default_channel.queue_declare(queue, passive=True).message_count)
            except connection.channel_errors:
                return 0  # an empty queue of Redis is a key that does not exist, which kombu answers with NOT_FOUND

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="ringer", daemon=True)
                self._thread.start()
                # A command that enqueues and ends must not take its ring with it.
                atexit.register(self.wait_until_idle, LAST_WORDS_S)

    def _loop(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._pending:
                self._flush()
            self._idle.set()

    def _flush(self) -> None:
        batch: list[Ring] = []
        while self._pending and len(batch) < 100:
            batch.append(self._pending.popleft())
        self.publish(batch)
        if time.monotonic() < self._broken_until:
            return
        # Afterwards: whoever waits for the first ring waits for nothing else.
        for queue in {ring.queue for ring in batch}:
            self._look_at(queue)

    def _look_at(self, queue: str) -> None:
        room = self._rooms.get(queue)
        if room and not room.guessed and time.monotonic() - room.looked_at < _DEPTH_FRESH_S:
            return
        window = self.windows.get(queue, DEFAULT_WINDOW)
        try:
            left = window - self.depth(queue)
        except Exception:  # noqa: BLE001 (`publish` finds out and says so)
            left = window
        self._rooms[queue] = _Room(left, time.monotonic())

    def _send(self, ring: Ring, producer: Any) -> None:
        current_app.send_task(
            ring.kind,
            task_id=f"{ring.job_id}.{ring.number}",
            queue=ring.queue,
            producer=producer,
            retry=False,
            ignore_result=True,
            headers={"job_id": str(ring.job_id), "job_queue": ring.queue},
            add_to_parent=False,
            argsrepr="",
            kwargsrepr="",
        )

    def _producers(self) -> ProducerPool:
        if self._pool is None:
            connection = current_app.connection_for_write(
                transport_options={**current_app.conf.broker_transport_options, **BOUNDED}, connect_timeout=0.4
            )
            self._pool = ProducerPool(connection.Pool(limit=4), limit=4)
        return self._pool


ringer = Ringer()
_inherited: list[Ringer] = []  # a child must not use, close or collect its parent's sockets


def _renew() -> None:
    global ringer
    _inherited.append(ringer)
    ringer = Ringer()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def current() -> Ringer:
    """The ringer of this process (a fork makes a new one)."""
    return ringer
