"""Publishing that stands still at a named point, so that its process can be killed right there.

Named in `extra_tasks`, so that workers load it. A gate is a file `gate-<point>` in the data folder that holds the keys of
publishings, one a line: whoever of these comes to the point writes a file `held-<point>-<key>` and stands there. Nothing
is replaced: what comes before and after the point is the program's own.
"""

import threading
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from django.conf import settings

from nightdesk.engine import steps
from nightdesk.engine.run import Run

P = ParamSpec("P")
T = TypeVar("T")

BEFORE_INTENT: Final = "before-the-intent"
AFTER_INTENT: Final = "after-the-intent"
AFTER_ANSWER: Final = "after-the-answer"
BEFORE_CONFIRMATION: Final = "before-the-confirmation"
BEFORE_FINISH: Final = "before-the-finish"
POINTS: Final = (BEFORE_INTENT, AFTER_INTENT, AFTER_ANSWER, BEFORE_CONFIRMATION, BEFORE_FINISH)

_LOOK_EVERY_S = 0.01
_of_this_thread = threading.local()


def hold(point: str, effect_key: str) -> None:
    """Stand still while the gate of this point names the publishing."""
    key = effect_key.removeprefix("publish:")
    folder = Path(settings.DATA_DIR)
    gate = folder / f"gate-{point}"
    if not (gate.exists() and key in gate.read_text().split()):
        return
    (folder / f"held-{point}-{key}").touch()
    while gate.exists():
        time.sleep(_LOOK_EVERY_S)


def held_before(point: str, function: Callable[P, T], key_at: int) -> Callable[P, T]:
    """Stand at the gate, then do it."""

    @wraps(function)
    def held(*args: P.args, **kwargs: P.kwargs) -> T:
        _of_this_thread.key = str(args[key_at])
        hold(point, _of_this_thread.key)
        return function(*args, **kwargs)

    return held


def held_after(point: str, function: Callable[P, T], key_at: int) -> Callable[P, T]:
    """Do it, then stand at the gate."""

    @wraps(function)
    def held(*args: P.args, **kwargs: P.kwargs) -> T:
        value = function(*args, **kwargs)
        hold(point, str(args[key_at]))
        return value

    return held


def finish_held(self: Run, save: Callable[[], Any]) -> Any:
    """Stand at the gate, then finish."""
    hold(BEFORE_FINISH, getattr(_of_this_thread, "key", ""))
    return _finish(self, save)


_finish = Run.finish_with
steps.run_effect = held_before(BEFORE_INTENT, steps.run_effect, 2)
steps._intend = held_after(AFTER_INTENT, steps._intend, 2)
steps._attempt = held_after(AFTER_ANSWER, steps._attempt, 0)
steps._confirm = held_before(BEFORE_CONFIRMATION, steps._confirm, 0)
Run.finish_with = finish_held  # type: ignore[method-assign]
