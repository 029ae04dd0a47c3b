"""Shares of requests: never over, whoever asks and however many at once."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from nightdesk.core.errors import TooManyRequests
from nightdesk.httpkit import throttles
from nightdesk.httpkit.models import Bucket
from nightdesk.httpkit.rates import Rate
from nightdesk.httpkit.throttles import forget_shares, spend

#: Nothing grows back while a test runs.
TEN = Rate(10, 36_000.0)
HUNDRED = Rate(100, 36_000.0)


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    forget_shares()
    yield
    forget_shares()


def count_served(ask: Callable[[], None], times: int) -> int:
    served = 0
    for _ in range(times):
        try:
            ask()
        except TooManyRequests:
            continue
        served += 1
    return served


@pytest.mark.parametrize("exact", [True, False])
def test_share_is_served_to_its_last_request(db: None, exact: bool) -> None:
    assert count_served(lambda: spend("a", HUNDRED, exact=exact), 150) == 100


def test_shares_do_not_touch_each_other(db: None) -> None:
    count_served(lambda: spend("a", TEN), 20)

    assert count_served(lambda: spend("b", TEN), 20) == 10


def test_no_rate_is_no_limit_and_costs_nothing(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert count_served(lambda: spend("a", None), 1_000) == 1_000


def test_other_processes_find_what_was_used(db: None) -> None:
    assert count_served(lambda: spend("a", HUNDRED), 50) == 50

    forget_shares()  # what another process knows: only the row

    assert count_served(lambda: spend("a", HUNDRED), 150) == 50


def test_process_that_comes_back_gives_nothing_twice(db: None) -> None:
    spend("a", HUNDRED)  # takes a slice of five and uses one of it

    forget_shares()

    assert count_served(lambda: spend("a", HUNDRED), 150) == 95


def test_refusal_says_when_the_next_request_is_served(db: None) -> None:
    count_served(lambda: spend("a", Rate(2, 100.0)), 2)

    with pytest.raises(TooManyRequests) as refused:
        spend("a", Rate(2, 100.0))

    assert 45 < refused.value.retry_after_s <= 50
    with pytest.raises(TooManyRequests) as again:
        spend("a", Rate(2, 100.0))
    assert again.value.retry_after_s <= refused.value.retry_after_s


def test_share_grows_back(db: None) -> None:
    rate = Rate(2, 3_600.0)
    count_served(lambda: spend("a", rate), 2)

    Bucket.objects.update(full_at=time.time() + rate.interval_s)  # as it stands when one has grown back
    forget_shares()

    assert count_served(lambda: spend("a", rate), 3) == 1


def test_request_in_the_middle_of_a_slice_asks_no_database(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    spend("a", HUNDRED)

    with django_assert_num_queries(0):
        assert count_served(lambda: spend("a", HUNDRED), 4) == 4


def test_flood_of_refused_requests_asks_no_database(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    count_served(lambda: spend("a", TEN), 11)

    with django_assert_num_queries(0):
        assert count_served(lambda: spend("a", TEN), 1_000) == 0


@pytest.mark.parametrize(("each", "served"), [(1, 8), (5, 10)])
def test_many_at_once_are_served_the_share_and_no_more(transactional_db: None, each: int, served: int) -> None:
    gate = threading.Barrier(8)
    counts: list[int] = []

    def ask() -> None:
        gate.wait()
        counts.append(count_served(lambda: spend("a", TEN, exact=True), each))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts) == served


def test_whole_shares_are_forgotten(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Bucket.objects.create(key="old", full_at=time.time() - 1)
    Bucket.objects.create(key="used", full_at=time.time() + 1_000)
    monkeypatch.setattr(throttles, "_next_prune", 0.0)

    spend("a", TEN)

    assert set(Bucket.objects.values_list("key", flat=True)) == {"a", "used"}
