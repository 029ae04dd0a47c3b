"""The witness: an append-only file outside the database that says what really happened.

Task bodies of the tests call `witness`; the engine's own story (the rows) is then compared with `read_witness`.
"""

import functools
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PATH_SETTING = "WITNESS_PATH"


@dataclass(frozen=True)
class Line:
    """One event as it was written: `at` in seconds since the epoch, by the writer's clock."""

    at: float
    event: str
    job_id: str
    token: str
    pid: int


@dataclass
class Story:
    """What happened to one job, each list in the order of writing."""

    starts: list[Line] = field(default_factory=list)
    ends: list[Line] = field(default_factory=list)
    accepted: list[Line] = field(default_factory=list)
    others: list[Line] = field(default_factory=list)

    def of(self, event: str) -> list[Line]:
        """Give the list in which events of this name stand."""
        return {"start": self.starts, "end": self.ends, "accepted": self.accepted}.get(event, self.others)


def witness(event: str, job_id: object, token: object) -> None:
    """Append one event (`start`, `end`, `accepted` or any other word) in one write; nothing without a configured path.

    The write is one system call on a file opened for appending: lines of many processes never mix, and a line that
    was written survives the writer's SIGKILL.
    """
    path = os.environ.get(PATH_SETTING)
    if path:
        line = f"{time.time():.6f} {event} {job_id} {token} {os.getpid()}\n"
        os.write(_open_witness(path), line.encode())


def read_lines(path: Path) -> Iterator[Line]:
    """Read the events in the order of writing; a file that does not exist yet has none."""
    if path.exists():
        for text in path.read_text().splitlines():
            at, event, job_id, token, pid = text.split(" ")
            yield Line(float(at), event, job_id, token, int(pid))


def read_witness(path: Path) -> dict[str, Story]:
    """Read what happened to each job, by job id."""
    stories: dict[str, Story] = defaultdict(Story)
    for line in read_lines(path):
        stories[line.job_id].of(line.event).append(line)
    return dict(stories)


@functools.cache
def _open_witness(path: str) -> int:
    return os.open(path, os.O_APPEND | os.O_WRONLY | os.O_CREAT, 0o644)
