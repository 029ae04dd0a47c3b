"""The queues that a worker without `-Q` serves: the usual ones, and those that any known kind names."""

from typing import Any, Final

from kombu import Exchange, Queue

from nightdesk.engine.arguments import KINDS

STANDARD: Final = ("default", "data_fetch", "ai_generation", "publish", "cpu", "gpu", "maintenance")


def declare(app: Any) -> None:
    """Tell a Celery app of all queues; call it when every kind is known."""
    names = dict.fromkeys([*STANDARD, *(kind.queue for kind in KINDS.values())])
    # Exchange and key are named: a bare Queue is bound to the default key and gets a copy of every message.
    app.conf.task_queues = [Queue(name, Exchange(name, type="direct"), routing_key=name) for name in names]
