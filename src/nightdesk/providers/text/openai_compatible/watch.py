"""Time, progress and cancel of one piece, looked after wherever its thread waits."""

import time
from typing import Final

from nightdesk.providers.text.protocol import OnProgress

#: How often a waiting piece asks whether it should stop: a cancel is final within a second.
TICK_S: Final = 0.2
#: More than any piece needs, with everything that servers send around it; a flood ends here.
MOST_BYTES: Final = 8 * 1024 * 1024


class OutOfTime(Exception):
    """The piece's deadline has passed."""


class Flooded(Exception):
    """A server sent more than any answer needs."""


class Watch:
    """One piece's clock. `raised` is what the caller's `on_progress` raised to stop the piece."""

    def __init__(self, *, limit_s: float, on_progress: OnProgress | None) -> None:
        """Start the clock."""
        self.limit_s = limit_s
        self.raised: BaseException | None = None
        self._ends_at = time.monotonic() + limit_s
        self._on_progress = on_progress
        self._said = (0, "")
        self._said_at = 0.0
        self._bytes = 0

    @property
    def left_s(self) -> float:
        """How many seconds the piece still has; never below zero."""
        return max(0.0, self._ends_at - time.monotonic())

    def report(self, percent: int, message: str) -> None:
        """Tell the caller how far the piece is, where that is news. Raises what the caller raises."""
        if (percent, message) != self._said:
            self._said = (percent, message)
            self._say()

    def check(self) -> None:
        """Raise where the piece must stop.

        Raises:
            OutOfTime: its deadline has passed.
        """
        if not self.left_s:
            raise OutOfTime
        if time.monotonic() - self._said_at >= TICK_S and self._said[1]:
            self._say()

    def count(self, size_bytes: int) -> None:
        """Count what came in.

        Raises:
            Flooded: it is more than any answer needs.
        """
        self._bytes += size_bytes
        if self._bytes > MOST_BYTES:
            raise Flooded

    def _say(self) -> None:
        self._said_at = time.monotonic()
        if self._on_progress is None:
            return
        try:
            self._on_progress(*self._said)
        except BaseException as error:
            self.raised = error
            raise
