"""Celery's options: what the operator chose, and what the engine needs them to be."""

from datetime import timedelta
from typing import Any, Final

from celery.schedules import crontab
from django.conf import settings

from nightdesk.engine import files, queues

#: Jobs before a worker's connection is renewed. Celery's Django fixup closes it around every task unless this is set on
#: the app itself (the Django setting of the same name does nothing); measured 212 against 764 jobs a second.
_DB_REUSE_MAX: Final = 100_000
#: Brokers without an event loop (files): the pool would wait 10 s before it calls a child lost.
_LOST_WAIT_S: Final = 0.5
#: Schedules that every installation has; they become rows once, and belong to its administrators from then on. Files are swept every five minutes: a result that expires after an hour is gone
#: within 65 minutes. A round that nobody started in time is made up for by the next one.
_SCHEDULES: Final[dict[str, Any]] = {
    "images: sweep files": {
        "task": "images.sweep_files",
        "schedule": timedelta(minutes=5),
        "options": {"expire_seconds": 300},
    },
    "operations: check health": {
        "task": "operations.system_health_check",
        "schedule": timedelta(minutes=30),
        "options": {"expire_seconds": 1_800},
    },
    # At night by the installation's clock; made up for until noon where nobody was there.
    "operations: clean up": {
        "task": "operations.cleanup_expired_content",
        "schedule": crontab(minute="20", hour="3"),
        "options": {"expire_seconds": 30_000},
    },
    "publishing: check accounts": {
        "task": "publishing.check_accounts",
        "schedule": timedelta(days=1),
        "options": {"expire_seconds": 86_400},
    },
    "publishing: scheduled content": {
        "task": "publishing.publish_scheduled_content",
        "schedule": timedelta(minutes=5),
        "options": {"expire_seconds": 300},
    },
    "webhooks: sweep": {
        "task": "webhooks.sweep_webhooks",
        "schedule": timedelta(minutes=1),
        "options": {"expire_seconds": 60},
    },
}


def configure(app: Any) -> None:
    """Set everything on a Celery app; reads the Django settings."""
    files.register()
    options: dict[str, Any] = {}
    if settings.BROKER_URL.startswith(f"{files.SCHEME}://"):
        options = files.transport_options(settings.BROKER_DIR)
    app.conf.update(
        broker_url=settings.BROKER_URL,
        broker_transport_options=options,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        result_backend="nightdesk.engine.backend:RowBackend",
        task_default_queue="default",
        task_acks_late=False,
        task_track_started=False,
        task_ignore_result=True,
        task_send_sent_event=False,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_lost_wait=_LOST_WAIT_S,
        worker_hijack_root_logger=False,
        worker_max_tasks_per_child=settings.WORKER_MAX_TASKS_PER_CHILD,
        worker_soft_shutdown_timeout=0,
        beat_schedule=_SCHEDULES,
        beat_scheduler="nightdesk.engine.schedule:DatabaseScheduler",
        timezone=settings.TIME_ZONE,
        enable_utc=True,
    )
    app.conf["CELERY_DB_REUSE_MAX"] = _DB_REUSE_MAX
    queues.declare(app)  # the usual ones: `celery purge` loads no kinds, whose own queues are declared with them
