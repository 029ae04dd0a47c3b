"""A child's lifeline: its standard input is a pipe from the supervisor, which ends when the supervisor does.

Even a supervisor that is killed with -9 closes its end, on every operating system; so no process outlives it for long.
"""

import os
import signal
import sys
import threading
from typing import Final

#: What a warm stop may take once nobody supervises any more: the jobs of this worker are rescued anyway.
GRACE_S: Final = 8.0


def hold() -> None:
    """End this process when its standard input ends: first by SIGTERM, after a grace with all that it started."""
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()


def _wait_for_end() -> None:
    # Not through sys.stdin: its lock would be held in a child that is forked meanwhile.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)
