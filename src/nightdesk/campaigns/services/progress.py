"""How far several pieces are that are written side by side, said in one line."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.protocol import OnProgress


class WritingProgress:
    """Sums up the channels of one run for `report`, which is told percent and words. Thread-safe.

    "Writing LinkedIn (2 of 6)" where one is being written, "Writing X and Email (2 of 6 done)" where several are.
    """

    def __init__(self, channels: Iterable[str], report: OnProgress, *, done: Iterable[str] = ()) -> None:
        self._done = set(done)
        self._total = len(self._done | set(channels))
        self._report = report
        self._percents: dict[str, int] = {}  # of those being written, in the order in which they began
        self._lock = threading.Lock()

    @contextmanager
    def writing(self, channel: Channel) -> Iterator[OnProgress]:
        """Count a channel as being written, and as done unless an error leaves; gives what its writer reports to."""

        def report(percent: int, _message: str) -> None:
            with self._lock:
                self._percents[channel] = max(self._percents[channel], min(100, percent))
                self._tell()

        with self._lock:
            self._percents[channel] = 0
        try:
            report(0, "")
            yield report
            with self._lock:  # told by the next one: nothing may stop a piece that is paid for from being stored
                self._done.add(channel)
        finally:
            with self._lock:
                del self._percents[channel]

    def tell(self) -> None:
        """Say again how far it is, if anything is being written."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        if not self._percents:
            return
        done = len(self._done - self._percents.keys())
        titles = [CHANNELS[Channel(channel)].title for channel in self._percents]
        place = f"{done + 1} of {self._total}" if len(titles) == 1 else f"{done} of {self._total} done"
        percent = 100 * (done + sum(self._percents.values()) / 100) / self._total
        # Within the lock, so that no older number overtakes a newer one.
        self._report(int(percent), f"Writing {_listed(titles)} ({place})")


def _listed(titles: Sequence[str]) -> str:
    *most, last = titles
    return f"{', '.join(most)} and {last}" if most else last
