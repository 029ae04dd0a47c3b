"""Which numbers of `JobChange` are still owed: a sequence hands numbers out in order, transactions commit in any order."""

from collections.abc import Iterable, Sequence
from typing import Final

#: Numbers owed at once before all of them become one debt. A transaction that enqueues 10,000 jobs fits in.
MAX_OWED: Final = 20_000
#: Seconds that one number is waited for by itself; a transaction open for longer is settled by a resync when it ends.
OWED_FOR_S: Final = 60.0
#: A bound that is not known yet.
_UNBOUND: Final = -1


class Gaps:
    """The numbers below the newest seen that were not there yet.

    Each gets a bound: a transaction id that is younger than the transaction which holds the number (it took its id
    before it took the number). Once every transaction older than the bound has ended and the number is still missing,
    it was rolled back. Numbers that are too many or too old are forgotten against a *debt*: one resync of all readers,
    due when the last of their transactions has ended. So nothing is ever lost in silence.
    """

    def __init__(self, *, limit: int = MAX_OWED, owed_for_s: float = OWED_FOR_S) -> None:
        self._limit = limit
        self._owed_for_s = owed_for_s
        self._owed: dict[int, tuple[int, float]] = {}  # number -> (bound, noticed at)
        self._debt: int | None = None

    @property
    def open(self) -> bool:
        """Whether anything is owed: a number, or a resync."""
        return bool(self._owed) or self._debt is not None

    @property
    def unbound(self) -> bool:
        """Whether something waits for its bound."""
        return self._debt == _UNBOUND or any(bound == _UNBOUND for bound, _ in self._owed.values())

    def numbers(self) -> list[int]:
        """List the numbers owed, lowest first."""
        return sorted(self._owed)

    def lowest(self) -> int | None:
        """Return the lowest number owed; everything below it was delivered or never will be."""
        return min(self._owed, default=None)

    def notice(self, last: int, seen: Sequence[int], now_s: float) -> None:
        """Take note of what is missing between `last` and the ascending numbers `seen` after it."""
        for number in seen:
            missing = number - last - 1
            if missing > self._limit - len(self._owed):
                self._forget_all()
            elif missing:
                self._owed.update(dict.fromkeys(range(last + 1, number), (_UNBOUND, now_s)))
            last = number

    def bind(self, transaction: int) -> None:
        """Give everything noticed before now its bound: the id of a transaction that began just now."""
        for number, (bound, noticed_at_s) in self._owed.items():
            if bound == _UNBOUND:
                self._owed[number] = (transaction, noticed_at_s)
        if self._debt == _UNBOUND:
            self._debt = transaction

    def settle(self, found: Iterable[int], *, oldest_open: int, now_s: float) -> bool:
        """Cross off what was `found`, what was rolled back and what is too old; return whether a resync is due now.

        `oldest_open` is the oldest transaction that was still open before the search for `found` began.
        """
        for number in found:
            self._owed.pop(number, None)
        ended = [number for number, (bound, _) in self._owed.items() if _UNBOUND < bound <= oldest_open]
        for number in ended:
            del self._owed[number]
        due = self._debt is not None and _UNBOUND < self._debt <= oldest_open
        if due:
            self._debt = None
        self._forget_old(now_s)
        return due

    def _forget_old(self, now_s: float) -> None:
        old = [number for number, (_, noticed_at_s) in self._owed.items() if now_s - noticed_at_s > self._owed_for_s]
        for number in old:
            bound, _ = self._owed.pop(number)
            self._debt = bound if self._debt is None else max(self._debt, bound)

    def _forget_all(self) -> None:
        self._owed.clear()
        self._debt = _UNBOUND
