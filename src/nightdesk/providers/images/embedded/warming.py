"""Getting ready before the first job: what is compiled and loaded once is compiled and loaded now."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nightdesk.providers.images.embedded import people


def warm_up() -> None:
    """Compile the loops over patches and load the small models. Safe to repeat; call it where jobs run, never before a fork.

    The first time on a machine it takes some seconds of the processor. Machine code is kept on disk, so that later
    processes only load it.
    """
    from nightdesk.providers.images.embedded.objects.synthesis import synthesize
    from nightdesk.providers.images.embedded.style.synthesis import repaint

    if people.is_installed():
        people.load_people()
    picture = np.random.default_rng(0).uniform(0, 255, (96, 96, 3)).astype(np.float32)
    hole = np.zeros((96, 96), bool)
    hole[32:64, 32:64] = True
    work = _Unwatched()
    synthesize(picture, hole, 0, work, _say_nothing)
    repaint(picture, picture[::-1].copy(), 0.5, 0, work, _say_nothing)


def _say_nothing(level: int, levels: int) -> None:
    """Take the number of levels that are done and of all, and leave it at that."""


class _Unwatched:
    """A run that nobody watches and nobody stops; it has nothing to do with the world outside."""

    def progress(self, percent: int, message: str) -> None:
        """Tell nobody."""

    def check(self) -> None:
        """Go on."""

    def time_left_s(self) -> float | None:
        """Return that there is no limit."""
        return None

    def once(self, name: str, call: Callable[[], Any], find: Callable[[], Any] | None = None) -> Any:
        """Make the call."""
        return call()

    def keep(self, data: bytes) -> str:
        """Refuse: there is no store."""
        raise NotImplementedError

    def kept(self, name: str) -> bytes:
        """Refuse: there is no store."""
        raise NotImplementedError
