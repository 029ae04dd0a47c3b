"""The run that a provider works for, as a test sees it: what was reported, and stopping at a chosen moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Stopped(BaseException):
    """The run was told to stop, in the way of the engine's own interrupts: no `except Exception` sees it."""


def at_look(number: int) -> Callable[["RecordedWork"], bool]:
    """Stop at a given look, counted from 1."""
    return lambda work: work.looks >= number


@dataclass
class RecordedWork:
    """Keeps every report. `stop_when` is asked at each look; once it answers yes, the run is to stop."""

    stop_when: Callable[["RecordedWork"], bool] = lambda _: False
    reports: list[tuple[int, str]] = field(default_factory=list)
    looks: int = 0

    @property
    def messages(self) -> list[str]:
        """What was said, in order, without what was said twice in a row."""
        said = [message for _, message in self.reports]
        return [message for before, message in zip(["", *said], said, strict=False) if message != before]

    def progress(self, percent: int, message: str) -> None:
        assert not self.reports or percent >= self.reports[-1][0], f"progress went back: {self.reports[-1]}, {percent}"
        self.reports.append((percent, message))
        self.check()

    def check(self) -> None:
        self.looks += 1
        if self.stop_when(self):
            raise Stopped

    def time_left_s(self) -> float | None:
        return None

    def once(self, name: str, call: Callable[[], Any], find: Callable[[], Any] | None = None) -> Any:
        raise AssertionError(f"{name}: nothing that works on this machine calls outside")

    def keep(self, data: bytes) -> str:
        raise AssertionError("nothing that works on this machine stores anything")

    def kept(self, name: str) -> bytes:
        raise AssertionError(f"{name}: nothing is stored")
