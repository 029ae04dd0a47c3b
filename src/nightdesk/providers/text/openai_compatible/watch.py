"""Time, progress and cancel of one piece, looked after wherever its thread waits."""

from nightdesk.providers.text.protocol import OnProgress
from nightdesk.providers.wire.watch import TICK_S, Flooded, OutOfTime
from nightdesk.providers.wire.watch import Watch as BareWatch

__all__ = ["TICK_S", "Flooded", "OutOfTime", "Watch"]


class Watch(BareWatch):
    """One piece's clock. `raised` is what the caller's `on_progress` raised to stop the piece."""

    def __init__(self, *, limit_s: float, on_progress: OnProgress | None) -> None:
        """Start the clock."""
        super().__init__(limit_s=limit_s, on_tick=self._say)
        self._on_progress = on_progress
        self._said = (0, "")

    def report(self, percent: int, message: str) -> None:
        """Tell the caller how far the piece is, where that is news. Raises what the caller raises."""
        if (percent, message) != self._said:
            self._said = (percent, message)
            self.ask()

    def _say(self) -> None:
        if self._on_progress is not None and self._said[1]:
            self._on_progress(*self._said)
