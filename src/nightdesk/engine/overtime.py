"""Time limits on pools that share a process (threads, solo), where nothing can be killed alone.

The soft limit is a flag that `progress` and `check_cancelled` see. At the hard limit the run is fenced off: its row moves
on, its thread goes on alone, and its slot is shown as lost. With a quarter of the slots lost the worker drains and exits.
"""

import logging
import os
import threading
import time
from typing import Any, Final

from celery.exceptions import TimeLimitExceeded
from celery.worker import state as worker_state

from nightdesk.engine import pulse, transitions
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.execution import judge
from nightdesk.engine.identity import me
from nightdesk.engine.pulse import Standing
from nightdesk.engine.run import Run
from nightdesk.engine.transitions import workers
from nightdesk.engine.transitions.claim import read_running

log = logging.getLogger(__name__)

#: A worker with this share of its slots lost to runs that never return is of little use.
LOST_SHARE: Final = 0.25
EXIT_STATUS: Final = 70  # EX_SOFTWARE: whoever supervises starts a fresh one
_EXIT_AFTER_S: Final = 60.0


class Overtime:
    """The runs of this process that are over their time."""

    def __init__(self) -> None:
        self._fenced: set[Any] = set()
        self.draining = False

    @property
    def lost_slots(self) -> int:
        """Slots whose run was fenced off and still has its thread."""
        return len(self._fenced)

    def enforce(self, worker: Any) -> None:
        """Flag what is over its soft limit, fence off what is over its hard one, and drain when too much is lost."""
        if not me().shared:
            return
        now = time.monotonic()
        standings = pulse.current().standings()
        for one in standings:
            ran_s = now - one.started
            if one.soft_limit_s is not None and ran_s > one.soft_limit_s:
                one.overtime = True
            if one.hard_limit_s is not None and ran_s > one.hard_limit_s and one.token not in self._fenced:
                self._fence_off(one)
        self._fenced &= {one.token for one in standings}
        if self._fenced and len(self._fenced) >= LOST_SHARE * int(worker.concurrency or 1) and not self.draining:
            self._drain()

    def _fence_off(self, one: Standing) -> None:
        if one.ended:
            return
        claimed = read_running(one.token)
        if claimed is not None:
            run = Run(claimed, KINDS[claimed.kind], Standing(claimed.id, claimed.token, 0))
            transitions.finish(claimed, judge(run, TimeLimitExceeded(one.hard_limit_s or 0.0)))
        one.lost = True
        self._fenced.add(one.token)
        log.warning("job %s is over its hard time limit: its run was fenced off and its slot is lost", one.job_id)

    def _drain(self) -> None:
        self.draining = True
        log.error(
            "a quarter of the slots is lost to runs that do not return: this worker finishes the others and exits"
        )
        worker_state.should_stop = EXIT_STATUS
        threading.Thread(target=self._exit_when_idle, name="drain", daemon=True).start()

    def _exit_when_idle(self) -> None:
        end = time.monotonic() + _EXIT_AFTER_S
        while time.monotonic() < end and {one.token for one in pulse.current().standings()} - self._fenced:
            time.sleep(0.1)
        try:
            workers.leave(me().boot_id)
        finally:
            os._exit(EXIT_STATUS)
