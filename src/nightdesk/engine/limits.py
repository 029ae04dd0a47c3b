"""Limits over all workers: how many more jobs of a key may be rung now, by free slots and by rate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nightdesk.engine import sql

#: A rate may catch up so much of what it did not use: one second's worth, and one start at least.
BURST_S: Final = 1.0

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
# Guarded by the value that was read: two sweepers cannot spend the same tokens.
_SPEND: Final = sql.Statement(
    "UPDATE engine_limit SET next_at = {later} WHERE key = %s AND (next_at IS NULL OR next_at = %s) RETURNING key"
)


@dataclass(slots=True)
class Allowance:
    """How many more rows of each key may be rung in this sweep."""

    left: dict[str, int]

    @classmethod
    def take(cls, wanted: Mapping[str, int]) -> "Allowance":
        """Work out the free slots and spend the tokens of each key, at most as many as are wanted."""
        return cls({key: _allow(key, count) for key, count in wanted.items()})

    def spend(self, key: str) -> bool:
        """Use one up; False when none is left."""
        if self.left.get(key, 0) <= 0:
            return False
        self.left[key] -= 1
        return True


def _allow(key: str, wanted: int) -> int:
    row = sql.fetch_one(_STANDING[sql.vendor()], [key])
    if row is None:
        return wanted
    slots, interval_s, behind_s, next_at, running, rung = row
    allowed = wanted
    if slots is not None:
        allowed = min(allowed, slots - running)
    if interval_s:
        allowed = min(allowed, _spend(key, allowed, float(interval_s), behind_s, next_at, rung))
    return max(0, allowed)


def _spend(key: str, wanted: int, interval_s: float, behind_s: float | None, next_at: object, rung: int) -> int:
    """Spend up to `wanted` starts of a rate; a row that was rung has paid for its start already."""
    burst = max(1, math.floor(BURST_S / interval_s))
    oldest_s = interval_s * (burst - 1)
    behind = oldest_s if behind_s is None else min(behind_s, oldest_s)
    if behind < 0:
        return 0
    count = min(wanted, int(behind / interval_s) + 1, burst - rung)
    if count <= 0:
        return 0
    with sql.single():
        spent = sql.fetch(_SPEND, [count * interval_s - behind, key, next_at])
    return count if spent else 0
