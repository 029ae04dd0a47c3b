"""Rows of workers: lease, announcement, and who sweeps."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from nightdesk.engine import sql

LEASE_S: Final = 15.0

_BEAT: Final = sql.Statement(
    "INSERT INTO engine_worker (boot_id, name, pid, pool, queues, kinds, slots, lost_slots, active, refused, "
    "dead_rings, memory_bytes, draining, started_at, seen_at, lease_until) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, {now}, {now}, {later}) "
    "ON CONFLICT (boot_id) DO UPDATE SET lost_slots = excluded.lost_slots, active = excluded.active, "
    "refused = excluded.refused, dead_rings = excluded.dead_rings, memory_bytes = excluded.memory_bytes, "
    "draining = excluded.draining, queues = excluded.queues, slots = excluded.slots, kinds = excluded.kinds, "
    "seen_at = excluded.seen_at, lease_until = excluded.lease_until"
)
_LEAVE: Final = sql.Statement("UPDATE engine_worker SET lease_until = {now}, draining = (1 = 1) WHERE boot_id = %s")
_LIVE: Final = sql.Statement(
    "SELECT queues, kinds, slots - lost_slots FROM engine_worker WHERE lease_until >= {now} AND NOT draining"
)
_SEED_LEASE: Final = sql.Statement(
    "INSERT INTO engine_lease (name, holder, until) VALUES (%s, '', {later}) ON CONFLICT DO NOTHING"
)
_AGE: Final = {
    "sqlite": sql.Statement("SELECT (julianday({now}) - julianday(until)) * 86400.0 FROM engine_lease WHERE name = %s"),
    "postgresql": sql.Statement("SELECT EXTRACT(EPOCH FROM {now} - until)::float8 FROM engine_lease WHERE name = %s"),
}
_TAKE: Final = sql.Statement(
    "UPDATE engine_lease SET holder = %s, until = {later} WHERE name = %s AND (holder = %s OR until < {now}) "
    "RETURNING 1"
)


@dataclass(slots=True, kw_only=True)
class Announcement:
    """What a worker says of itself at each beat."""

    boot_id: uuid.UUID
    name: str
    pid: int
    pool: str
    queues: list[str]
    kinds: dict[str, int]
    slots: int
    lost_slots: int = 0
    active: int = 0
    refused: int = 0
    dead_rings: int = 0
    memory_bytes: int = 0
    draining: bool = False


@dataclass(slots=True)
class Served:
    """What the live workers together serve of one queue."""

    slots: int = 0
    kinds: dict[str, int] = field(default_factory=dict)


def beat(worker: Announcement) -> None:
    """Push the lease of a worker's row past now, or make the row (again)."""
    with sql.single():
        sql.fetch(
            _BEAT,
            [
                worker.boot_id,
                worker.name[:200],
                worker.pid,
                worker.pool[:20],
                json.dumps(worker.queues),
                json.dumps(worker.kinds),
                worker.slots,
                worker.lost_slots,
                worker.active,
                worker.refused,
                worker.dead_rings,
                worker.memory_bytes,
                worker.draining,
                LEASE_S,
            ],
        )


def leave(boot_id: uuid.UUID) -> None:
    """End a worker's lease: it stops, having given back what it ran."""
    with sql.single():
        sql.fetch(_LEAVE, [boot_id])


def served() -> dict[str, Served]:
    """Return what live workers serve, by queue."""
    found: dict[str, Served] = {}
    for queues, kinds, slots in sql.fetch(_LIVE):
        for queue in _read(queues):
            here = found.setdefault(queue, Served())
            here.slots += slots
            for kind, version in _read(kinds).items():
                here.kinds[kind] = max(version, here.kinds.get(kind, 0))
    return found


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def take_lease(name: str, holder: str, for_s: float) -> float | None:
    """Take or keep a duty for some seconds; return how long ago its last lease ended (negative: it had not), or None.

    Safe even if two processes believe that they have it: a duty is made of guarded updates.
    """
    with sql.writing():
        sql.fetch(_SEED_LEASE, [name, -0.01])  # ended just now: the first holder ever came after no gap
        age = sql.fetch_one(_AGE[connection.vendor], [name])
        taken = sql.fetch_one(_TAKE, [holder, for_s, name, holder])
    return float(age[0]) if taken and age else None
