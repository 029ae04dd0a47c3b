"""Celery's remote control, with `revoke` mapped to the rows."""

import uuid
from typing import Any

from celery.app.control import Control

from nightdesk.core.errors import NotFound


class RowControl(Control):  # type: ignore[misc]
    """`revoke(job_id)` cancels the job: it survives restarts, which Celery's revokes, kept in worker memory, do not."""

    def revoke(
        self,
        task_id: Any,
        destination: Any = None,
        terminate: bool = False,
        signal: str = "SIGTERM",
        **kwargs: Any,
    ) -> Any:
        """Cancel one job or several; ids that are not jobs go to Celery's own revoke."""
        from nightdesk.engine.actions import cancel

        others = []
        for one in task_id if isinstance(task_id, list | tuple | set) else [task_id]:
            try:
                cancel(job_id=uuid.UUID(str(one)))
            except (ValueError, NotFound):
                others.append(one)
        if others:
            return super().revoke(others, destination=destination, terminate=terminate, signal=signal, **kwargs)
        return None
