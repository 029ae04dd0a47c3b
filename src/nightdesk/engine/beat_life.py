"""Beat's sign of life: a lease that whichever beat fires schedules renews, for whoever wants to know whether one does."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models.functions import Now

from nightdesk.engine import sql
from nightdesk.engine.models import Lease

#: How often it is renewed, and for how long it holds: a beat that was away for so long is missed.
SHOWN_EVERY_S: Final = 5.0
HELD_S: Final = 30.0

_NAME: Final = "beat"
_HOLD: Final = sql.Statement(
    "INSERT INTO engine_lease (name, holder, until) VALUES (%s, %s, {later}) "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
)


@dataclass(frozen=True, slots=True)
class Life:
    """Which beat fired last, how long ago by the database's clock, and whether that is recent enough."""

    holder: str
    age_s: float

    @property
    def is_alive(self) -> bool:
        """Whether it fires."""
        return self.age_s <= HELD_S


def show_life() -> None:
    """Say that this process fires schedules. Safe to repeat, from any number of processes."""
    holder = f"{socket.gethostname()}:{os.getpid()}"[:200]
    with sql.single():
        sql.fetch(_HOLD, [_NAME, holder, HELD_S])


def find_life() -> Life | None:
    """Find who fired last; None where nobody ever did."""
    lease = Lease.objects.filter(name=_NAME).annotate(now=Now()).first()
    if lease is None:
        return None
    now: datetime = lease.now
    return Life(lease.holder, (now - lease.until + timedelta(seconds=HELD_S)).total_seconds())
