"""Memory of a process tree, looked at from outside."""

import contextlib
import threading
from typing import Final, Self

import psutil

from tests.support.processes import Process

LOOK_S: Final = 0.1


class PeakMemory:
    """The most that a process tree held in memory (resident, summed over its processes) while this was open."""

    def __init__(self, process: Process | psutil.Process) -> None:
        self.peak_bytes = 0
        self._root = psutil.Process(process.pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def __str__(self) -> str:
        return f"{self.peak_bytes / 1e6:.0f} MB"

    def _watch(self) -> None:
        while not self._done.wait(LOOK_S):
            held = 0
            for each in [self._root, *self._root.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    held += each.memory_info().rss
            self.peak_bytes = max(self.peak_bytes, held)


def sum_pss_bytes(process: Process) -> dict[str, int]:
    """Sum what each process of a tree holds, shared pages in equal shares, by what the process does.

    Raises:
        RuntimeError: this system does not tell proportional shares.
    """
    held: dict[str, int] = {}
    for each in process.members():
        with contextlib.suppress(psutil.NoSuchProcess):
            info = each.memory_full_info()
            if not hasattr(info, "pss"):
                raise RuntimeError("this system does not tell proportional shares (PSS) of memory")
            name = _say_role(each.cmdline())
            held[name] = held.get(name, 0) + info.pss
    return held


def _say_role(command: list[str]) -> str:
    return next((word for word in ("web", "worker", "beat", "up") if word in command), "other")
