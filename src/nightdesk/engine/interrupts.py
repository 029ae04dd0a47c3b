"""What ends a run from within. Not `Exception`s: a body's `except Exception` must not swallow them."""

from typing import ClassVar


class RunInterrupt(BaseException):
    """A run must unwind now. `is_final`: the job ends with it, and no later run goes on where this one was."""

    is_final: ClassVar[bool] = False


class Cancelled(RunInterrupt):
    """Somebody asked this job to stop."""

    is_final = True


class FencedOff(RunInterrupt):
    """The row is no longer ours: another run has it, or it has ended. Nothing that we write counts."""


class Parked(RunInterrupt):
    """The run has spawned children and waits for them; it is run again from the top when the last one ends."""
