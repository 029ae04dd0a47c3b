"""Which worker this process belongs to. Set before the pool starts, so that forked children inherit it."""

import multiprocessing
import os
import threading
import uuid
from dataclasses import dataclass
from typing import Final

_CELLS: Final = 4096  # so that two children of one worker hardly ever share one


@dataclass(slots=True)
class Identity:
    """One boot of a worker; never its bare host name, which a restart would share with the dead."""

    boot_id: uuid.UUID
    name: str
    pool: str  # prefork, threads, solo ...
    slots: int = 1

    @property
    def shared(self) -> bool:
        """Whether several jobs share one process with the worker itself."""
        return "prefork" not in self.pool


class Count:
    """A number that a worker's processes raise together.

    Each has a cell of its own and there is no lock over all of them, which a killed child would take along.
    """

    def __init__(self) -> None:
        self._cells = multiprocessing.RawArray("q", _CELLS)
        self._lock = threading.Lock()  # of this process's threads

    def add(self, by: int) -> None:
        """Raise it."""
        with self._lock:
            self._cells[os.getpid() % _CELLS] += by

    @property
    def value(self) -> int:
        """The sum over all processes of the worker."""
        return sum(self._cells)


class Counters:
    """What a worker's processes count for its row; made before the pool forks."""

    def __init__(self) -> None:
        self.refused = Count()
        self.dead_rings = Count()


_counters = Counters()


def counters() -> Counters:
    """The counts of this worker."""
    return _counters


_me = Identity(uuid.uuid4(), "", "")


def me() -> Identity:
    """The identity of the worker that this process is, or belongs to."""
    return _me


def become(*, name: str, pool: str, slots: int) -> Identity:
    """Take a new identity: a worker has booted."""
    global _me
    _me = Identity(uuid.uuid4(), name, pool, slots)
    return _me
