"""The peer's Celery app: `celery -A benchmarks.peer.app worker`."""

import functools
import os
from collections.abc import Callable
from pathlib import Path

from celery import Celery

from benchmarks.bodies import call_service
from benchmarks.peer.mailing import write_and_send

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


@app.task  # type: ignore[untyped-decorator]
def mail(number: int) -> None:
    """Send a mail on a connection of its own, as Django does."""
    _read_mail()(number)


@functools.cache
def _read_mail() -> Callable[[int], None]:
    return write_and_send(Path(os.environ["PEER_MAIL"]).read_text())
