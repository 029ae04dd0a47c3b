"""A result backend that only reads rows, so that `AsyncResult(job_id).status` and `.get()` work."""

import contextlib
import json
import uuid
from typing import Any, Final

from celery.backends.base import BaseBackend

from nightdesk.engine import sql
from nightdesk.engine.sealing import unseal
from nightdesk.engine.states import celery_status

_READ: Final = sql.Statement(
    "SELECT j.state, j.runs, p.result, p.error FROM engine_job j "
    "LEFT JOIN engine_jobpayload p ON p.job_id = j.id WHERE j.id = %s"
)
_EXCEPTIONS: Final = {"FAILURE": ("RuntimeError", "builtins"), "REVOKED": ("TaskRevokedError", "celery.exceptions")}


class RowBackend(BaseBackend):  # type: ignore[misc]
    """Reads jobs; what Celery would store is ignored, for the task class has written the row already, fenced."""

    persistent = True
    supports_native_join = False

    def store_result(
        self,
        task_id: str,
        result: Any,
        state: str,
        traceback: Any = None,
        request: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Ignore it."""
        return result

    def _get_task_meta_for(self, task_id: Any) -> dict[str, Any]:
        row = None
        with contextlib.suppress(ValueError):  # not an id of ours: as unknown as any other
            row = sql.fetch_one(_READ, [uuid.UUID(str(task_id))])
        if row is None:
            return {"status": "PENDING", "result": None, "task_id": task_id, "traceback": None, "children": []}
        state, runs, result, error = row
        status = celery_status(state, runs)
        value: Any = json.loads(unseal(result)) if result is not None else None
        if status in _EXCEPTIONS:
            name, module = _EXCEPTIONS[status]
            message = json.loads(unseal(error))["message"] if error else state
            value = {"exc_type": name, "exc_module": module, "exc_message": [message]}
        elif status == "RETRY":
            value = None
        return dict(
            self.meta_from_decoded(
                {"status": status, "result": value, "traceback": None, "task_id": task_id, "children": []}
            )
        )

    def get_task_meta(self, task_id: Any, cache: bool = False) -> dict[str, Any]:
        """Read the row anew each time: a finished job may be sent back by a person."""
        return self._get_task_meta_for(task_id)

    def wait_for(self, task_id: Any, timeout: float | None = None, interval: float = 0.05, **kwargs: Any) -> Any:
        """As Celery's, looking more often than its half second."""
        return super().wait_for(task_id, timeout=timeout, interval=min(interval, 0.05), **kwargs)

    def _forget(self, task_id: Any) -> None:
        """Results live as long as their kind says."""

    def forget(self, task_id: Any) -> None:
        """Results live as long as their kind says."""

    def add_to_chord(self, *args: Any, **kwargs: Any) -> None:
        """Refused by the task class already."""

    def apply_chord(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: Celery's chords lose members and run callbacks early.

        Raises:
            TypeError: always.
        """
        raise TypeError("chords of durable jobs are not possible; use child jobs (Run.gather)")
