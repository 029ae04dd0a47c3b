"""One reader's letter box: filled by the tail's thread, emptied by the reader in its own time."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID

from nightdesk.engine.feed.events import Batch, JobEvent

#: Different jobs that may wait for one slow reader; beyond that looking at everything again is cheaper.
MAX_WAITING: Final = 500

Wants = Callable[[JobEvent], bool]


class Subscription:
    """Events that one reader wants and has not taken yet: the newest of each job, `MAX_WAITING` jobs at most.

    `wants` says which events the reader may see and asked for; it runs in the tail's thread and must be quick. `wake`
    is called from that thread when something lies in an empty box; it must not block.
    """

    def __init__(self, wants: Wants, wake: Callable[[], None], *, limit: int = MAX_WAITING) -> None:
        self.broken = False  # its `wake` failed: the reader is gone
        self._wants = wants
        self._wake = wake
        self._limit = limit
        self._lock = threading.Lock()
        self._cursor: int | None = None
        self._events: OrderedDict[UUID, JobEvent] = OrderedDict()
        self._resync = False
        self._started = False

    def offer(self, events: Iterable[JobEvent], *, cursor: int, resync: bool = False) -> None:
        """Put in what the reader wants; too much for the box becomes a resync. Never blocks."""
        wanted = [event for event in events if self._wants(event)]
        with self._lock:
            silent = self._started and not wanted and not resync
            was_empty = not (self._events or self._resync)
            self._cursor, self._started = cursor, True
            if silent:
                return
            self._keep(wanted, resync=resync)
        if was_empty:
            self._ring()

    def take(self) -> Batch | None:
        """Empty the box. None: the tail has not yet found its place, there is no cursor to go on from."""
        with self._lock:
            if self._cursor is None:
                return None
            batch = Batch(self._cursor, tuple(self._events.values()), self._resync)
            self._events.clear()
            self._resync = False
            return batch

    def _keep(self, wanted: list[JobEvent], *, resync: bool) -> None:
        for event in wanted:
            self._events[event.job_id] = event
            self._events.move_to_end(event.job_id)
        if resync or len(self._events) > self._limit:
            self._resync = True
            self._events.clear()

    def _ring(self) -> None:
        try:
            self._wake()
        except RuntimeError:  # the reader's event loop is closed
            self.broken = True
