"""The main process's view of a message on prefork: it hears of hard time limits before the child is gone."""

from typing import Any

from celery.worker.request import Request

from nightdesk.engine.keeper import keeper


class DurableRequest(Request):  # type: ignore[misc]
    """Tells the keeper which deaths we caused. Deaths themselves the keeper sees by the pool's vanished pids.

    `on_success` cannot be extended here: Celery's `create_request_cls` replaces it and never calls this class's.
    """

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """Note a hard time limit: billiard kills the child right after this."""
        if not soft and self.worker_pid:
            keeper.note_time_limit(self.worker_pid, timeout)
        super().on_timeout(soft, timeout)

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> None:
        """Wake the keeper: a child may have died."""
        keeper.wake()
        super().on_failure(exc_info, send_failed_event=send_failed_event, return_ok=return_ok)
