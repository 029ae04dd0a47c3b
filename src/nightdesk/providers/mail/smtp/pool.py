"""The connections that one process holds open: each with one thread at a time, used again, closed when nobody needs it."""

import os
import threading
import time
import weakref
from collections.abc import Callable
from typing import Final

from nightdesk.providers.mail.smtp.conversation import Conversation
from nightdesk.providers.wire.watch import TICK_S

#: Servers end a connection after a while however busy it is, and addresses behind a name change.
_MOST_AGE_S: Final = 600.0


class Pool:
    """At most `most` connections at a time. One that is unused for `idle_s` is closed."""

    def __init__(self, *, most: int, idle_s: float) -> None:
        """Hold nothing yet."""
        self._most = most
        self._idle_s = idle_s
        self._changed: threading.Condition
        self._taken: int
        self._idle: list[Conversation]
        self._reaper: threading.Timer | None
        self.forget()
        _pools.add(self)

    def take(self, check: Callable[[], None]) -> Conversation | None:
        """Wait for a turn and return the connection that was used last; None: none is open, make one. Then `give`.

        `check` is asked while waiting and may raise.
        """
        self._wait_turn(check)
        try:
            return self._find_open()
        except BaseException:
            self.give(None)
            raise

    def give(self, conversation: Conversation | None) -> None:
        """End the turn. A connection that may be used again is kept open."""
        with self._changed:
            self._taken -= 1
            if conversation is not None and conversation.is_reusable:
                self._idle.append(conversation)
                self._start_reaping()
                conversation = None
            self._changed.notify()
        if conversation is not None:
            conversation.hang_up()

    def close(self) -> None:
        """Close what nobody uses just now; the rest is closed when it is given back unused for a while. Safe to repeat."""
        with self._changed:
            idle, self._idle = self._idle, []
            if self._reaper is not None:
                self._reaper.cancel()
                self._reaper = None
        for conversation in idle:
            conversation.hang_up()

    def forget(self) -> None:
        """Begin anew, as a process that was forked does: its parent's connections are not its own."""
        self._changed = threading.Condition()
        self._taken = 0
        self._idle = []
        self._reaper = None

    def _wait_turn(self, check: Callable[[], None]) -> None:
        while True:
            with self._changed:
                if self._taken < self._most or (self._changed.wait(TICK_S) and self._taken < self._most):
                    self._taken += 1
                    return
            check()

    def _find_open(self) -> Conversation | None:
        while True:
            with self._changed:
                if not self._idle:
                    return None
                found = self._idle.pop()
            if found.is_reusable and not self._is_over(found):
                return found
            found.hang_up()

    def _is_over(self, conversation: Conversation) -> bool:
        now = time.monotonic()
        return now - conversation.used_at >= self._idle_s or now - conversation.opened_at >= _MOST_AGE_S

    def _start_reaping(self) -> None:
        if self._reaper is None:
            self._reaper = threading.Timer(self._idle_s, self._reap)
            self._reaper.name = "mail-idle"
            self._reaper.daemon = True
            self._reaper.start()

    def _reap(self) -> None:
        with self._changed:
            over = [one for one in self._idle if self._is_over(one) or not one.is_reusable]
            self._idle = [one for one in self._idle if one not in over]
            self._reaper = None
            if self._idle:
                self._start_reaping()
        for conversation in over:
            conversation.hang_up()


_pools: Final[weakref.WeakSet[Pool]] = weakref.WeakSet()


def _forget_all() -> None:
    for pool in list(_pools):
        pool.forget()


os.register_at_fork(after_in_child=_forget_all)
