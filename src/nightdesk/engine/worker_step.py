"""The engine's part of a Celery worker: an identity before the pool starts, the keeper after it."""

import os
from typing import Any, ClassVar

from celery import bootsteps
from django.conf import settings

from nightdesk.engine import arenas, connections
from nightdesk.engine.identity import become, me


class KeeperStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Started with the worker, not with its consumer: it must outlive a lost broker."""

    requires: ClassVar[set[str]] = {"celery.worker.components:Pool"}

    def __init__(self, worker: Any, **options: Any) -> None:
        """Take the identity now: steps are made before any is started, so before the pool forks."""
        super().__init__(worker, **options)
        pool = worker.pool_cls if isinstance(worker.pool_cls, str) else worker.pool_cls.__module__
        become(name=worker.hostname, pool=pool.rpartition(".")[2], slots=int(worker.concurrency or 1))
        _give_way(settings.WORKER_NICENESS)
        connections.share()
        arenas.share_one()

    def start(self, worker: Any) -> None:
        """Register the worker and keep it."""
        from nightdesk.engine.keeper import keeper  # needs models, and this module is read before Django is set up

        keeper.start(worker)

    def stop(self, worker: Any) -> None:
        """Nothing: steps that need the pool are stopped before it drains, and leases must be beaten until it has."""

    def terminate(self, worker: Any) -> None:
        """As `stop`."""


def _give_way(niceness: int) -> None:
    """Let requests go first where web and worker share a processor; threads and children made later inherit it.

    Measured with eight POSTs in flight beside a busy worker on two cores, PostgreSQL: p95 152 ms without, 82 ms with 5.
    """
    if hasattr(os, "nice"):  # Windows has other words for it
        os.nice(niceness)


def say_goodbye(**_: Any) -> None:
    """Receiver of `worker_shutdown`: the pool has drained."""
    if me().name:
        from nightdesk.engine.keeper import keeper

        keeper.say_goodbye()
