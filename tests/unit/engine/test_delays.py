"""How long a failed run waits."""

import math

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.errors import Throttled, Transient
from nightdesk.engine.arguments import Kind
from nightdesk.engine.execution import LONGEST_DELAY_S, delay_before_retry

kinds = st.floats(0, 10_000).map(lambda delay_s: Kind(name="bench.delays", retry_delay_s=delay_s))
failures = st.integers(0, 50)


@given(kinds, failures)
def test_delay_doubles_with_each_failure_within_ten_percent(kind: Kind, failures: int) -> None:
    middle = kind.retry_delay_s * 2 ** min(failures, 16)
    delay = delay_before_retry(kind, failures, Transient())
    assert min(LONGEST_DELAY_S, 0.9 * middle) <= delay * (1 + 1e-9)
    assert delay <= min(LONGEST_DELAY_S, 1.1 * middle) * (1 + 1e-9)


@given(kinds, failures, st.floats(allow_nan=False))
def test_throttled_run_waits_what_the_service_asks_up_to_a_day(kind: Kind, failures: int, asked_s: float) -> None:
    delay = delay_before_retry(kind, failures, Throttled(retry_after_s=asked_s))
    assert delay == min(LONGEST_DELAY_S, max(0.0, asked_s))


def test_delays_of_one_kind_are_spread() -> None:
    kind = Kind(name="bench.delays", retry_delay_s=60)
    delays = {delay_before_retry(kind, 0) for _ in range(200)}
    assert len(delays) > 150
    assert max(delays) - min(delays) > 6
    assert math.isclose(sum(delays) / len(delays), 60, rel_tol=0.03)
