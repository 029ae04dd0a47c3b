"""Would what is accepted now be done: who works, and for what nobody does."""

from collections.abc import Iterable

from django.db import DatabaseError, InterfaceError, connection

from nightdesk.engine.arguments import KINDS
from nightdesk.engine.models import Worker
from nightdesk.engine.queries import live_workers


def find_reasons() -> list[str]:
    """Say why the installation is not ready; an empty list when it is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        workers = live_workers()
    except (DatabaseError, InterfaceError):
        return ["The database does not answer. Check that it runs and that DATABASE_URL is right."]
    return find_lacking(workers)


def find_lacking(workers: Iterable[Worker]) -> list[str]:
    """Name each queue with kinds that none of these workers does, and what to start."""
    served = {
        (queue, kind) for worker in workers if not worker.draining for queue in worker.queues for kind in worker.kinds
    }
    lacking: dict[str, list[str]] = {}
    for kind in sorted(KINDS.values(), key=lambda kind: kind.name):
        if (kind.queue, kind.name) not in served:
            lacking.setdefault(kind.queue, []).append(kind.name)
    return [
        f"No live worker serves the queue {queue} for {', '.join(kinds)}. Start one: nightdesk worker --queues {queue}"
        for queue, kinds in sorted(lacking.items())
    ]
