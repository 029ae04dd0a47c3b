"""The run of a job as an image provider sees it, kept in memory: effects are remembered as the engine remembers them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nightdesk.core.errors import NightdeskError, OutcomeUnknown, Transient
from nightdesk.engine.interrupts import Cancelled
from nightdesk.providers.images.errors import NotKept
from nightdesk.providers.images.protocol import NotDone


class Killed(BaseException):
    """The worker is gone: nothing of the run goes on."""


@dataclass
class JobBook:
    """What outlives a run: effects (None: intended, not confirmed) and kept files."""

    effects: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class StandInWork:
    """One run. `stop_when` is asked at every check; what it returns is raised from then on."""

    book: JobBook = field(default_factory=JobBook)
    stop_when: Callable[["StandInWork"], BaseException | None] = lambda _work: None
    limit_s: float | None = None
    said: list[tuple[int, str]] = field(default_factory=list)
    checks: int = 0
    stopped_at: float | None = None

    def progress(self, percent: int, message: str) -> None:
        """Remember it, as the page would show it."""
        assert 0 <= percent <= 100
        assert message
        if not self.said or self.said[-1] != (percent, message):
            self.said.append((percent, message))
        self.check()

    def check(self) -> None:
        """Raise what stops the run."""
        self.checks += 1
        error = self.stop_when(self)
        if error is not None:
            if self.stopped_at is None:
                self.stopped_at = time.monotonic()
            raise error

    def time_left_s(self) -> float | None:
        """Return the limit, as if nothing had been used of it."""
        return self.limit_s

    def once(self, name: str, call: Callable[[], Any], find: Callable[[], Any] | None = None) -> Any:
        """Do as `engine.steps.run_effect`: intend, call, confirm; look where an intent was left open."""
        effects = self.book.effects
        if effects.get(name) is not None:
            return json.loads(effects[name])
        if name in effects:
            try:
                return self._confirm(name, _look(find))
            except NotDone:
                pass
        effects[name] = None
        try:
            value = call()
        except OutcomeUnknown:
            value = self._look_after(name, find)
        except NightdeskError:
            del effects[name]
            raise
        except Exception:  # noqa: BLE001 (as the engine: whatever broke, the call may have arrived)
            value = self._look_after(name, find)
        return self._confirm(name, value)

    def _look_after(self, name: str, find: Callable[[], Any] | None) -> Any:
        try:
            return _look(find)
        except NotDone:
            del self.book.effects[name]
            raise Transient from None

    def _confirm(self, name: str, value: Any) -> Any:
        self.book.effects[name] = json.dumps(value, allow_nan=False)
        return json.loads(self.book.effects[name])

    def keep(self, data: bytes) -> str:
        """Keep bytes for the life of the job."""
        name = f"drafts/{len(self.book.files)}"
        self.book.files[name] = data
        return name

    def kept(self, name: str) -> bytes:
        """Fetch them; a job that has ended lets go of them."""
        if name not in self.book.files:
            raise NotKept
        return self.book.files[name]

    @property
    def open_effects(self) -> list[str]:
        """What nobody knows the end of: a job that ends so asks a person."""
        return [name for name, value in self.book.effects.items() if value is None]


def _look(find: Callable[[], Any] | None) -> Any:
    if find is None:
        raise OutcomeUnknown
    try:
        return find()
    except (NotDone, OutcomeUnknown):
        raise
    except Exception as error:
        raise OutcomeUnknown from error


def cancel_when(happened: Callable[[], bool]) -> Callable[[StandInWork], BaseException | None]:
    """Cancel the job as soon as something has happened."""
    return lambda _work: Cancelled() if happened() else None


def kill_when(happened: Callable[[], bool]) -> Callable[[StandInWork], BaseException | None]:
    """Kill the worker as soon as something has happened."""
    return lambda _work: Killed() if happened() else None
