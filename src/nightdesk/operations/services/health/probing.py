"""Asking several parts at once, each for a bounded time: one that hangs or breaks hides no other."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from django.db import connections

from nightdesk.operations.models import Verdict

#: A part that takes longer does not work, whatever it says in the end.
PATIENCE_S: Final = 10.0
#: What fails says its class and this much of its words; addresses with passwords stand in no error class.
MOST_DETAIL_CHARS: Final = 500

logger: Final = structlog.get_logger("nightdesk.operations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How a part was found. `latency_ms`: how long the answer took, None where nothing was asked."""

    verdict: str
    detail: str
    latency_ms: float | None = None


Probe = Callable[[], Finding]


class Trouble(Exception):
    """A part does not work; the text says what to do."""


def ask_all(probes: Mapping[str, Probe], *, patience_s: float = PATIENCE_S) -> dict[str, Finding]:
    """Ask every part in a thread of its own; whoever has not answered after `patience_s` counts as not working.

    A probe that hangs is left behind in its thread, which ends with the process at the latest.
    """
    asked = {name: _Asked(name, probe) for name, probe in probes.items()}
    give_up = time.monotonic() + patience_s
    return {name: each.wait(give_up, patience_s) for name, each in asked.items()}


class _Asked:
    """One question on its way. What comes after the wait is over is nobody's any more."""

    def __init__(self, name: str, probe: Probe) -> None:
        self._name, self._probe = name, probe
        self._found: Finding | None = None
        self._thread = threading.Thread(target=self._ask, name=f"health-{name}", daemon=True)
        self._thread.start()

    def wait(self, give_up: float, patience_s: float) -> Finding:
        """Return what was found by then."""
        self._thread.join(max(0.0, give_up - time.monotonic()))
        found = self._found
        if found is not None:
            return found
        logger.warning("health.hangs", part=self._name)
        return Finding(verdict=Verdict.CRITICAL, detail=f"No answer within {patience_s:g} s.")

    def _ask(self) -> None:
        started = time.monotonic()
        try:
            self._found = self._probe()
        except Trouble as trouble:
            self._found = _failed(started, str(trouble))
        except Exception as error:
            # Words of a driver may hold an address with its password: they go to the log, which hides such.
            logger.warning("health.fails", part=self._name, exc_info=True)
            self._found = _failed(started, f"It failed with {type(error).__name__}. The log of the worker says more.")
        finally:
            connections.close_all()


def _failed(started: float, detail: str) -> Finding:
    return Finding(verdict=Verdict.CRITICAL, detail=detail[:MOST_DETAIL_CHARS], latency_ms=since(started))


def since(started: float) -> float:
    """Return the milliseconds since a moment of the monotonic clock, to a hundredth."""
    return round((time.monotonic() - started) * 1000, 2)
