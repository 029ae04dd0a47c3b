"""The thread that follows `JobChange` and tells every reader of this process."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError, InterfaceError, connection

from nightdesk.engine.feed.changes import Changes, Reading
from nightdesk.engine.feed.events import Batch, History
from nightdesk.engine.feed.gaps import Gaps
from nightdesk.engine.feed.subscription import Subscription, Wants

log = logging.getLogger(__name__)

#: `PRAGMA data_version` reads one word of shared memory.
SQLITE_PAUSE_S: Final = 0.05
#: One indexed query that mostly finds nothing; a change is on the screen within 1 s with much to spare.
POSTGRES_PAUSE_S: Final = 0.2
#: Nobody has read or asked for so long: the tail sleeps without touching the database and begins anew when wanted.
IDLE_AFTER_S: Final = 60.0
#: A database that is away is asked again after 0.2, 0.4 ... 3 s.
_FIRST_RETRY_S: Final = 0.2
_LAST_RETRY_S: Final = 3.0


class Tail:
    """Follow the change log and hand each job's newest state to the subscriptions that want it.

    A cursor is the number up to which everything was delivered: the highest number seen, or, while lower ones are
    owed by open transactions, the one before the lowest of these. Numbers come from the database, so a cursor holds
    in every process and after every restart; readers that resume may see an event twice and keep the higher version.
    """

    def __init__(self) -> None:
        self._changes = Changes()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._subscriptions: set[Subscription] = set()
        self._arriving: dict[Subscription, int | None] = {}  # -> the cursor to resume from, once we have our place
        self._idle_at_s = 0.0
        self._was_away = False
        self._placed = False  # whether `_last`, `_gaps` and `_history` are those of a tail that has caught up
        self._last = 0
        self._gaps = Gaps()
        self._history = History(0)

    def subscribe(self, wants: Wants, wake: Callable[[], None], *, after: int | None = None) -> Subscription:
        """Register a reader. With `after` it first gets what it missed since that cursor, or a resync."""
        subscription = Subscription(wants, wake)
        with self._lock:
            if self._placed:
                self._introduce(subscription, after)
            else:
                self._arriving[subscription] = after
        self._want()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a reader. Safe to repeat."""
        with self._lock:
            self._subscriptions.discard(subscription)
            self._arriving.pop(subscription, None)
        self._idle_at_s = time.monotonic() + IDLE_AFTER_S

    def cursor(self) -> int | None:
        """Say from where a page that is made now should resume; ask before its rows are read. None: not known yet."""
        self._want()
        with self._lock:
            return self._cursor() if self._placed else None

    def missed(self, wants: Wants, after: int | None) -> Batch | None:
        """Return what a reader that polls has missed since its cursor. None: the tail has not found its place yet."""
        self._want()
        with self._lock:
            if not self._placed:
                return None
            events = self._history.since(after) if after is not None else []
            return Batch(self._cursor(), tuple(filter(wants, events or ())), resync=events is None)

    def stop(self) -> None:
        """End the thread and wait for it. A later subscription starts another, which finds its place anew."""
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _want(self) -> None:
        now_s = time.monotonic()
        rests = not self._placed or now_s > self._idle_at_s
        self._idle_at_s = now_s + IDLE_AFTER_S
        with self._lock:
            if self._thread is None or not self._thread.is_alive():  # the first time, or in a forked child
                self._stopped = False
                self._thread = threading.Thread(target=self._run, name="nightdesk-feed", daemon=True)
                self._thread.start()
        if rests:
            self._wake.set()

    def _run(self) -> None:
        retry_s = _FIRST_RETRY_S
        while not self._stopped:
            try:
                if self._idle():
                    self._rest()
                else:
                    self._poll()
                    self._sleep(SQLITE_PAUSE_S if connection.vendor == "sqlite" else POSTGRES_PAUSE_S)
                retry_s = _FIRST_RETRY_S
            except (DatabaseError, InterfaceError) as error:
                self._report_away(error, first=retry_s == _FIRST_RETRY_S)
                self._sleep(retry_s)
                retry_s = min(retry_s * 2, _LAST_RETRY_S)
            except Exception:
                log.exception("the live feed met a bug and begins anew; its readers look at everything again")
                self._lose_place()
                self._sleep(_LAST_RETRY_S)
        self._lose_place()

    def _idle(self) -> bool:
        return not self._subscriptions and not self._arriving and time.monotonic() > self._idle_at_s

    def _rest(self) -> None:
        self._lose_place()
        self._sleep(None)

    def _sleep(self, pause_s: float | None) -> None:
        self._wake.wait(pause_s)
        self._wake.clear()

    def _report_away(self, error: Exception, *, first: bool) -> None:
        if first:
            log.warning("the live feed cannot read the database (%s); it goes on when it is back", type(error).__name__)
        self._was_away = True
        self._changes.close()

    def _lose_place(self) -> None:
        with self._lock:
            self._placed = False
            # A cursor below every floor: whoever was following gets a resync when the place is found.
            self._arriving.update(dict.fromkeys(self._subscriptions, -1))
            self._subscriptions.clear()
        self._changes.close()

    def _poll(self) -> None:
        if self._was_away and self._placed and self._changes.newest() < self._last:
            self._lose_place()  # the database was set back
        self._was_away = False
        if not self._placed:
            start = self._changes.find_start()
            self._last, self._gaps, self._history = start, Gaps(), History(start)
        elif not self._changes.moved() and not self._gaps.open:
            return
        while not self._stopped:
            reading = self._changes.read(self._last, self._gaps)
            self._tell(reading)
            if not reading.more:
                break

    def _tell(self, reading: Reading) -> None:
        with self._lock:
            resync = self._update_gaps(reading)
            news = [event for event in reading.events if self._history.add(event)]
            if resync:
                self._history.floor = self._last + 1  # whoever is away just now must look again too
            cursor = self._cursor()
            for subscription in list(self._subscriptions):
                subscription.offer(news, cursor=cursor, resync=resync)
                if subscription.broken:
                    self._subscriptions.discard(subscription)
            if not reading.more:
                self._take_place()

    def _take_place(self) -> None:
        self._placed = True
        for subscription, after in self._arriving.items():
            self._introduce(subscription, after)
        self._arriving.clear()

    def _update_gaps(self, reading: Reading) -> bool:
        now_s = time.monotonic()
        found = [seq for seq, _, _ in reading.late]
        resync = self._gaps.settle(found, oldest_open=reading.oldest_open, now_s=now_s)
        if reading.transaction:
            self._gaps.bind(reading.transaction)
        if not self._changes.in_order:
            self._gaps.notice(self._last, [seq for seq, _, _ in reading.fresh], now_s)
        self._last = reading.fresh[-1][0] if reading.fresh else self._last
        return resync

    def _introduce(self, subscription: Subscription, after: int | None) -> None:
        events = self._history.since(after) if after is not None else []
        subscription.offer(events or (), cursor=self._cursor(), resync=events is None)
        self._subscriptions.add(subscription)

    def _cursor(self) -> int:
        lowest = self._gaps.lowest()
        return self._last if lowest is None else lowest - 1


_shared: Final = Tail()


def shared_tail() -> Tail:
    """Return the tail of this process; it starts when it is first used."""
    return _shared
