"""Limits over all workers: how many more jobs of a key may be rung now, by free slots and by rate."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from nightdesk.engine import sql

#: A rate of more than one start a second is spent in groups of one second's worth.
GROUP_S: Final = 1.0

# SQLite's moments are texts and compared as such: `|| ''` keeps Django from reading them as something else.
_SECONDS: Final = {
    "postgresql": "EXTRACT(EPOCH FROM {now} - l.next_at)::float8, l.next_at",
    "sqlite": "(julianday({now}) - julianday(l.next_at)) * 86400.0, l.next_at || ''",
}
_STANDING_TEXT: Final = """SELECT l.slots, l.interval_s, {behind},
    (SELECT count(*) FROM engine_job r WHERE r.state = 'running' AND r.limit_key = l.key AND r.slot IS NOT NULL),
    (SELECT count(*) FROM engine_job w WHERE w.state = 'waiting' AND w.place IS NOT NULL AND w.limit_key = l.key
     AND w.rung_at IS NOT NULL)
    FROM engine_limit l WHERE l.key = %s"""
_STANDING: Final = {
    vendor: sql.Statement(_STANDING_TEXT.replace("{behind}", seconds)) for vendor, seconds in _SECONDS.items()
}
# Guarded by the value that was read: two sweepers cannot spend the same group.
_SPEND: Final = sql.Statement(
    "UPDATE engine_limit SET next_at = {later} WHERE key = %s AND (next_at IS NULL OR next_at = %s) RETURNING key"
)
_RATE_OF: Final = sql.Statement(
    "SELECT l.key, l.interval_s FROM engine_job j JOIN engine_limit l ON l.key = j.limit_key "
    "WHERE j.id = %s AND l.interval_s IS NOT NULL"
)
_PUT_OFF: Final = sql.Statement(
    "UPDATE engine_limit SET next_at = {later} WHERE key = %s AND (next_at IS NULL OR next_at < {later})"
)


@dataclass(slots=True)
class Allowance:
    """How many more rows of each key may be rung in this sweep; None is without end.

    `short`: a rate holds somebody back who could be rung within the next moments.
    """

    slots: dict[str, int | None] = field(default_factory=dict)
    starts: dict[str, int | None] = field(default_factory=dict)
    short: bool = False

    @classmethod
    def take(cls, unpaid: Mapping[str, int]) -> "Allowance":
        """Look at the free slots of these keys, and spend of their rates what their unpaid rows need at most."""
        taken = cls()
        for key, count in unpaid.items():
            taken._take(key, count)
        return taken

    def spend(self, key: str, *, paid: bool) -> bool:
        """Use one up, where the rate is not paid for yet; False when none is left."""
        for left in (self.slots,) if paid else (self.slots, self.starts):
            if left.get(key) == 0:
                return False
        for left in (self.slots,) if paid else (self.slots, self.starts):
            known = left.get(key)
            if known is not None:
                left[key] = known - 1
        return True

    def _take(self, key: str, unpaid: int) -> None:
        row = sql.fetch_one(_STANDING[sql.vendor()], [key])
        if row is None:
            return
        slots, interval_s, since_next_s, next_at, running, rung = row
        free = None if slots is None else max(0, slots - running)
        self.slots[key] = free
        if interval_s:
            wanted = unpaid if free is None else min(unpaid, free)
            starts = 0 if rung else _spend(key, wanted, float(interval_s), since_next_s, next_at)
            self.starts[key] = starts
            self.short = self.short or starts < wanted


def note_start(job_id: uuid.UUID) -> None:
    """Put the next starts of a rate off, in the transaction of a start under it.

    A group is rung when the last one has begun, and a whole group's time after its last start. So no window holds more
    starts than the rate allows, however late a ring is taken.
    """
    row = sql.fetch_one(_RATE_OF, [job_id])
    if row:
        key, interval_s = row
        later_s = _group(interval_s) * interval_s
        sql.fetch(_PUT_OFF, [later_s, key, later_s])


def _spend(key: str, wanted: int, interval_s: float, since_next_s: float | None, next_at: object) -> int:
    """Spend up to a group of starts, if its time has come."""
    count = min(wanted, _group(interval_s))
    if count <= 0 or (since_next_s is not None and since_next_s < 0):
        return 0
    with sql.single():
        spent = sql.fetch(_SPEND, [_group(interval_s) * interval_s, key, next_at])
    return count if spent else 0


def _group(interval_s: float) -> int:
    return max(1, math.floor(GROUP_S / interval_s + 1e-9))
