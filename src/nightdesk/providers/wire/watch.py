"""Time and cancel of one piece of outside work, looked after wherever its thread waits."""

import time
from collections.abc import Callable
from typing import Final

#: How often a waiting call asks whether it should stop: a cancel is final within a second.
TICK_S: Final = 0.2
#: More than any text needs, with everything that servers send around it; a flood ends here.
MOST_BYTES: Final = 8 * 1024 * 1024


class OutOfTime(Exception):
    """The deadline has passed."""


class Flooded(Exception):
    """A server sent more than any answer needs."""


class Watch:
    """One clock. `raised` is what the caller's `on_tick` raised to stop the work."""

    def __init__(
        self, *, limit_s: float, on_tick: Callable[[], None] | None = None, most_bytes: int = MOST_BYTES
    ) -> None:
        """Start the clock."""
        self.limit_s = limit_s
        self.raised: BaseException | None = None
        self._ends_at = time.monotonic() + limit_s
        self._on_tick = on_tick
        self._ticked_at = 0.0
        self._most_bytes = most_bytes
        self._bytes = 0

    @property
    def left_s(self) -> float:
        """How many seconds are left; never below zero."""
        return max(0.0, self._ends_at - time.monotonic())

    def check(self) -> None:
        """Raise where the work must stop. Free of cost: the caller is asked once a tick.

        Raises:
            OutOfTime: the deadline has passed.
        """
        if not self.left_s:
            raise OutOfTime
        if time.monotonic() - self._ticked_at >= TICK_S:
            self.ask()

    def ask(self) -> None:
        """Ask the caller now. Raises what the caller raises."""
        self._ticked_at = time.monotonic()
        if self._on_tick is None:
            return
        try:
            self._on_tick()
        except BaseException as error:
            self.raised = error
            raise

    def count(self, size_bytes: int) -> None:
        """Count what came in.

        Raises:
            Flooded: it is more than any answer needs.
        """
        self._bytes += size_bytes
        if self._bytes > self._most_bytes:
            raise Flooded
