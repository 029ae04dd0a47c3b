"""Sessions of Bluesky accounts, one a process: a server takes 30 sign-ins in 5 minutes, and not more than 300 a day.

They are kept in memory only. https://docs.bsky.app/docs/advanced-guides/rate-limits
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from nightdesk.providers.publishing.protocol import Connection, Desk
from nightdesk.providers.wire.watch import TICK_S

#: An account more costs a sign-in.
_MOST_KEPT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session. `did` is the account's id for good; its `handle` may change."""

    did: str
    handle: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(slots=True)
class _Place:
    lock: threading.Lock = field(default_factory=threading.Lock)
    session: Session | None = None


class Sessions:
    """The sessions of this process, by account and credentials. Safe for many threads: one signs in, the others wait."""

    def __init__(self) -> None:
        """Hold none yet."""
        self._lock = threading.Lock()
        self._places: OrderedDict[str, _Place] = OrderedDict()

    def get(self, connection: Connection, desk: Desk, sign_in: Callable[[], Session]) -> Session:
        """Return the account's session; sign in where there is none."""
        place = self._place(connection)
        with _held(place.lock, desk):
            if place.session is None:
                place.session = sign_in()
            return place.session

    def renew(self, connection: Connection, desk: Desk, stale: Session, renew: Callable[[Session], Session]) -> Session:
        """Return another session than the stale one: that which another thread has got meanwhile, or a renewed one."""
        place = self._place(connection)
        with _held(place.lock, desk):
            if place.session is None or place.session.access == stale.access:
                place.session = None  # where renewing fails, the next run signs in
                place.session = renew(stale)
            return place.session

    def rename(self, connection: Connection, handle: str) -> None:
        """Note the account's present handle."""
        place = self._place(connection)
        if place.session is not None:
            place.session = replace(place.session, handle=handle)

    def forget(self, connection: Connection) -> None:
        """Drop the account's session: the next use signs in."""
        self._place(connection).session = None

    def _place(self, connection: Connection) -> _Place:
        name = _name(connection.account_id, connection.credentials)
        with self._lock:
            place = self._places.setdefault(name, _Place())
            self._places.move_to_end(name)
            while len(self._places) > _MOST_KEPT:
                self._places.popitem(last=False)
            return place


def _name(account_id: int, credentials: Mapping[str, str]) -> str:
    """Name an account with its present credentials, without holding them: whoever reconnects starts anew."""
    told = "\0".join(f"{name}\0{credentials[name]}" for name in sorted(credentials))
    return f"{account_id}:{hashlib.sha256(told.encode()).hexdigest()}"


@contextmanager
def _held(lock: threading.Lock, desk: Desk) -> Iterator[None]:
    while not lock.acquire(timeout=TICK_S):
        desk.check()
    try:
        yield
    finally:
        lock.release()
