"""Arithmetic of the figures."""

import statistics
from collections.abc import Sequence

#: The rate is taken between these shares of the finishes: neither the start of the workers nor the last stragglers.
STEADY_FROM, STEADY_TO = 0.10, 0.98


def steady_rate(finished_at: Sequence[float]) -> float:
    """Compute finishes per second between 10 % and 98 % of them; times in seconds, in any order.

    Raises:
        ValueError: too few finishes, or all at one moment.
    """
    times = sorted(finished_at)
    first, last = int(len(times) * STEADY_FROM), int(len(times) * STEADY_TO) - 1
    if last - first < 10:
        raise ValueError(f"{len(times)} finishes are too few for a rate")
    return (last - first) / (times[last] - times[first])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the values lie: one of them, never an average of two."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)


def write_spread(values: Sequence[float], form: str = ".0f") -> str:
    """Write a median with the least and the greatest value behind it."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def write_percentiles(values_s: Sequence[float], form: str = ".1f") -> str:
    """Write the median and the 95th percentile of times in seconds, as milliseconds."""
    return f"p50 {percentile(values_s, 0.5) * 1000:{form}} ms, p95 {percentile(values_s, 0.95) * 1000:{form}} ms"
