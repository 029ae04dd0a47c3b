"""Fair places in line: start-time fair queueing, one flow an owner.

A job's place is one past its owner's last waiting one, but never before the front of the line. So whoever comes with
one job stands beside the front, however many thousands another owner has waiting.
"""

import os
import threading
import time
from dataclasses import dataclass
from typing import Final

from nightdesk.engine import sql

#: How long an owner's last place is counted on here before it is read again; other processes enqueue too.
FRESH_S: Final = 0.5
_MOST_OWNERS: Final = 4096

_LINE: Final = "state = 'waiting' AND place IS NOT NULL AND queue = %s AND kind = %s AND priority = %s"
_FRONT: Final = f"(SELECT MIN(place) FROM engine_job WHERE {_LINE})"
_LOOK: Final = sql.Statement(f"SELECT {_FRONT}, (SELECT MAX(place) FROM engine_job WHERE {_LINE} AND owner_id = %s)")
_LOOK_NOBODY: Final = sql.Statement(
    f"SELECT {_FRONT}, (SELECT MAX(place) FROM engine_job WHERE {_LINE} AND owner_id IS NULL)"
)


@dataclass(slots=True)
class _Last:
    place: int
    looked_at: float


class FairPlaces:
    """Hands out places; one per process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str, int, int | None], _Last] = {}

    def next(self, *, queue: str, kind: str, priority: int, owner_id: int | None) -> int:
        """Return the place of the owner's next job in this line; looks at the database at most twice a second."""
        key = (queue, kind, priority, owner_id)
        known = self._last.get(key)
        now = time.monotonic()
        if known is None or now - known.looked_at > FRESH_S:
            front, last = self._look(key)
            with self._lock:
                if len(self._last) > _MOST_OWNERS:
                    self._last.clear()
                known = self._last[key] = _Last(max(front - 1, last), now)
        with self._lock:
            known.place += 1
            return known.place

    def _look(self, key: tuple[str, str, int, int | None]) -> tuple[int, int]:
        queue, kind, priority, owner_id = key
        line = [queue, kind, priority]
        row = (
            sql.fetch(_LOOK_NOBODY, [*line, *line]) if owner_id is None else sql.fetch(_LOOK, [*line, *line, owner_id])
        )
        front, last = row[0]
        return (1 if front is None else front), (0 if last is None else last)


places = FairPlaces()


def _forget() -> None:
    global places
    places = FairPlaces()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
