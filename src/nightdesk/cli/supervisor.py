"""Run a few child processes together: start them, start again what dies, and end all of them as one.

It imports no Django and holds no connection: it must stay small, and nothing that ends its children may end it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

from nightdesk.cli.options import ExitStatus

#: How long children may take to end by themselves: web needs 3 s for its streams, a worker its shortest jobs.
STOP_GRACE_S: Final = 8.0
#: First pause before a child is started again; it doubles with each death, up to the longest.
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
#: A child that lived this long is sound: its next death counts as the first.
SOUND_AFTER_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.1


@dataclass(slots=True)
class Child:
    """One process to keep running. `command` is what follows `nightdesk`."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0  # monotonic, as all times here
    start_again_at: float = 0.0
    deaths: int = 0

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nightdesk.cli", *self.command, "--lifeline"],
            stdin=subprocess.PIPE,  # never written to: it ends when we do, see `cli.lifeline`
            env=dict(self.env),
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def note_death(self) -> float:
        """Count a death and return after how many seconds to start again."""
        now = time.monotonic()
        self.deaths = 1 if now - self.started_at > SOUND_AFTER_S else self.deaths + 1
        pause_s = min(FIRST_PAUSE_S * 2.0 ** (self.deaths - 1), LONGEST_PAUSE_S)
        self.start_again_at = now + pause_s
        return pause_s

    def terminate(self) -> None:
        """Ask it to end; safe when it is gone."""
        if self.process is not None:
            self.process.terminate()

    def kill(self) -> None:
        """End it at once with everything it started; safe when it is gone."""
        if not self.alive or self.process is None:
            return
        if sys.platform == "win32":
            self.process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # it leads a group of its own
        self.process.wait()


class Supervisor:
    """Keeps children running until a signal asks it to stop."""

    def __init__(self, children: Sequence[Child], *, say: Callable[[str], None]) -> None:
        """Take the children in the order of starting; `say` prints a line for people."""
        self._children = children
        self._say = say
        self._stop_requests = 0

    def run(self, *, each_look: Callable[[], None]) -> int:
        """Start all, keep them running, end them when asked to; `each_look` is called ten times a second."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._request_stop)
        try:
            for child in self._children:
                child.start()
            while not self._stop_requests:
                time.sleep(_LOOK_EVERY_S)
                self._look_after_children()
                each_look()
        finally:
            self._end_all()
        return ExitStatus.DONE

    def _request_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stop_requests += 1

    def _look_after_children(self) -> None:
        for child in self._children:
            if child.alive or self._stop_requests:
                continue
            if child.process is not None:
                status = child.process.returncode
                child.process = None
                pause_s = child.note_death()
                self._say(f"{child.name} has ended (status {status}); starting it again in {pause_s:g} s.")
            if time.monotonic() >= child.start_again_at:
                child.start()

    def _end_all(self) -> None:
        self._say("Stopping.")
        asked_before = self._stop_requests
        for child in self._children:
            child.terminate()
        give_up_at = time.monotonic() + STOP_GRACE_S
        while any(child.alive for child in self._children):
            impatient = self._stop_requests > asked_before  # Ctrl-C a second time
            if impatient or time.monotonic() > give_up_at:
                break
            time.sleep(_LOOK_EVERY_S)
        for child in self._children:
            child.kill()
