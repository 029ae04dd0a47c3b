"""The peer's Celery app: `celery -A benchmarks.peer.app worker`."""

import os

from celery import Celery

from benchmarks.bodies import call_service

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peer.settings")

app = Celery("peer")
app.config_from_object("django.conf:settings", namespace="CELERY")
if "PEER_DB_REUSE_MAX" in os.environ:
    # On the app itself: the Django setting of the same name does nothing.
    app.conf["CELERY_DB_REUSE_MAX"] = int(os.environ["PEER_DB_REUSE_MAX"])


@app.task  # type: ignore[untyped-decorator]
def noop(x: int = 1) -> int:
    """Return what came."""
    return x


@app.task  # type: ignore[untyped-decorator]
def call(port: int) -> int:
    """Wait for the answer of the slow service."""
    return call_service(port)
