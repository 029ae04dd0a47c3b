"""Database connections of a worker with many slots: bodies that wait must not each hold one.

A hundred threads that wait for outer services need a hundred slots but only a few connections, for claims and finishes.
PostgreSQL admits 100 clients by default, and each costs memory on both sides.
"""

from typing import Final

from django.db import connection, connections

from nightdesk.engine import sql
from nightdesk.engine.identity import me

#: Up to so many slots, each thread keeps its connection: reopening would cost more than it saves.
FEW_SLOTS: Final = 16
#: Connections that all threads of a larger worker share for claims and finishes.
_POOL_SIZE: Final = 12
#: Seconds a claim or finish waits for one of them before it is tried again.
_POOL_TIMEOUT_S: Final = 10.0


def share() -> None:
    """Let the threads of this worker share a few connections, if it has many slots. Call it before any is opened."""
    if not _shares():
        return
    settings = connections.settings["default"]
    settings["CONN_MAX_AGE"] = 0
    settings["CONN_HEALTH_CHECKS"] = False  # a broken one is met by the engine's own patience
    if "postgresql" in settings["ENGINE"]:
        settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": _POOL_SIZE, "timeout": _POOL_TIMEOUT_S}


def release() -> None:
    """Give this thread's connection back unless it is in a transaction.

    Called before what may wait for long (a body, the work of a step, the call of an effect) and after a run's end.
    """
    if _shares() and not connection.in_atomic_block:
        sql.drop_connection()


def _shares() -> bool:
    return me().shared and me().slots > FEW_SLOTS
