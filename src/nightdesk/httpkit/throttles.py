"""Shares of requests, kept in the database and spent from memory.

Each share is one row (a leaky bucket, GCRA: the time at which it will be whole again) moved by one guarded UPDATE, so
any number of web processes keep one limit. A process takes a slice of a share at a time and spends it from memory:
most requests cost no write. What is taken counts as used: over any longer time nobody gets more than the rate, at one
moment at most a slice a process more. Why neither Redis nor Django's cache: docs/decisions/0001.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from django.db.models import F, Value
from django.db.models.functions import Greatest

from nightdesk.core.errors import TooManyRequests
from nightdesk.httpkit.models import Bucket
from nightdesk.httpkit.rates import Rate

#: A share is taken in twentieths: 600 a minute cost 20 writes a minute, not 600.
_SLICES: Final = 20
#: Shares remembered by one process; the least recently used go first. A flood of addresses must not fill memory.
_MOST_HELD: Final = 10_000
#: Rows removed at once, and how often one process looks for rows to remove.
_PRUNE_ROWS: Final = 500
_PRUNE_EVERY_S: Final = 600.0


@dataclass(slots=True)
class _Slice:
    """What this process still has of a share, or until when it knows that there is nothing."""

    credit: int = 0
    good_until: float = 0.0
    refused_until: float = 0.0


_held: OrderedDict[str, _Slice] = OrderedDict()
_lock: Final = threading.Lock()
_next_prune = 0.0


def spend(share: str, rate: Rate | None, *, exact: bool = False) -> None:
    """Use up one request of a share; None as the rate is no limit.

    `exact` asks the database each time: for shares so small that a slice would matter, like sign-in attempts.
    Must not be called inside a transaction, which could undo it.

    Raises:
        TooManyRequests: the share is used up; says when the next request will be served.
    """
    if rate is None:
        return
    now = time.time()
    if _spend_held(share, now):
        return
    size = 1 if exact else max(1, rate.count // _SLICES)
    taken = _take(share, rate, size, now) or (size > 1 and _take(share, rate, 1, now) and 1)
    refused_until = 0.0 if taken else _refused_until(share, rate, now)
    _hold(share, _Slice(credit=max(0, taken - 1), good_until=now + size * rate.interval_s, refused_until=refused_until))
    _prune_sometimes(now)
    if not taken:
        raise _refusal(refused_until - now)


def forget_shares() -> None:
    """Drop what this process remembers, as a restart would; the rows stay."""
    with _lock:
        _held.clear()


def _spend_held(share: str, now: float) -> bool:
    with _lock:
        held = _held.get(share)
        if held is None:
            return False
        _held.move_to_end(share)
        if held.refused_until > now:
            raise _refusal(held.refused_until - now)
        # A slice grows stale in the time in which it would have grown back, else it could be spent twice.
        if held.credit > 0 and held.good_until > now:
            held.credit -= 1
            return True
        return False


def _hold(share: str, held: _Slice) -> None:
    with _lock:
        _held[share] = held
        _held.move_to_end(share)
        while len(_held) > _MOST_HELD:
            _held.popitem(last=False)


def _take(share: str, rate: Rate, size: int, now: float) -> int:
    """Take `size` requests' worth out of the bucket, all or nothing; return how many were taken."""
    worth_s = size * rate.interval_s
    fits = Bucket.objects.filter(key=share, full_at__lte=now + rate.window_s - worth_s)
    fuller = Greatest(F("full_at"), Value(now)) + worth_s
    if fits.update(full_at=fuller):
        return size
    # Refused, or nobody has asked before. Of several first requests at once, one makes the row for all.
    Bucket.objects.bulk_create([Bucket(key=share, full_at=now)], ignore_conflicts=True)
    return size if fits.update(full_at=fuller) else 0


def _refused_until(share: str, rate: Rate, now: float) -> float:
    full_at = Bucket.objects.filter(key=share).values_list("full_at", flat=True).first()
    return max(now, (full_at or now) + rate.interval_s - rate.window_s)


def _refusal(wait_s: float) -> TooManyRequests:
    seconds = max(1, round(wait_s + 0.5))
    return TooManyRequests(f"Too many requests. Wait {seconds} s, then try again.", retry_after_s=max(wait_s, 0.0))


def _prune_sometimes(now: float) -> None:
    """Remove buckets that are whole again: they say nothing that a missing row does not say."""
    global _next_prune  # noqa: PLW0603 (one clock per process)
    with _lock:
        if now < _next_prune:
            return
        _next_prune = now + _PRUNE_EVERY_S
    whole = Bucket.objects.filter(full_at__lt=now).order_by("full_at").values("key")[:_PRUNE_ROWS]
    Bucket.objects.filter(key__in=list(whole.values_list("key", flat=True)), full_at__lt=now).delete()
