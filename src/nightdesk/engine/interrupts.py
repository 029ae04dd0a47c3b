"""What ends a run from within. Not `Exception`s: a body's `except Exception` must not swallow them."""


class RunInterrupt(BaseException):
    """A run must unwind now."""


class Cancelled(RunInterrupt):
    """Somebody asked this job to stop."""


class FencedOff(RunInterrupt):
    """The row is no longer ours: another run has it, or it has ended. Nothing that we write counts."""


class Parked(RunInterrupt):
    """The run has spawned children and waits for them; it is run again from the top when the last one ends."""
