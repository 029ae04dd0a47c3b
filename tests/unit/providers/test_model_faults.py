"""Pauses that servers ask for, prices, and what may be said of an answer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest

from nightdesk.core.errors import Permanent
from nightdesk.providers.text.openai_compatible.faults import Answer, explain_answer
from nightdesk.providers.text.openai_compatible.prices import PRICES, Tokens, find_cost
from nightdesk.providers.text.options import TextOptions
from nightdesk.providers.wire.retrying import MOST_RETRY_AFTER_S, read_retry_after

OPENAI = TextOptions(key="k", model="gpt-5-mini")
TODAY = date(2026, 11, 20)
USED = Tokens(sent=1_000_000, received=100_000, cached=400_000)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "9" * 30}, MOST_RETRY_AFTER_S),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:01:30 GMT", "date": "Fri, 20 Nov 2026 12:00:00 GMT"}, 90.0),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT", "date": "Fri, 20 Nov 2026 12:00:00 GMT"}, 0.0),
    ],
)
def test_pause_is_read_as_seconds_date_or_milliseconds(headers: dict[str, str], wait_s: float | None) -> None:
    assert read_retry_after(headers) == wait_s


def test_date_without_the_servers_own_clock_is_held_against_ours() -> None:
    headers = {"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)}

    assert read_retry_after(headers) == pytest.approx(90, abs=2)


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        ("gpt-5-mini", (600_000 * 25 + 400_000 * 25 // 10 + 100_000 * 200) // 100),
        ("gpt-5-mini-2025-08-07", 360_000),
        ("gpt-9", None),
        ("gpt-5-mini-turbo", None),
    ],
)
def test_cost_at_openai_counts_cached_tokens_at_their_price(model: str, cost: int | None) -> None:
    assert find_cost(OPENAI, model, USED, on=TODAY) == (cost, "USD" if cost else "")


def test_price_is_not_known_before_its_day() -> None:
    assert find_cost(OPENAI, "gpt-5-mini", USED, on=date(2025, 1, 1)) == (None, "")


def test_price_of_another_server_is_not_known() -> None:
    assert find_cost(TextOptions(url="http://localhost"), "gpt-5-mini", USED, on=TODAY) == (None, "")


def test_own_price_counts_before_every_other() -> None:
    own = replace(OPENAI, price_in_micros=1_000_000, price_out_micros=0, currency="EUR")

    assert find_cost(own, "gpt-5-mini", USED, on=TODAY) == (1_000_000, "EUR")


def test_own_price_of_nothing_costs_nothing() -> None:
    free = replace(OPENAI, price_in_micros=0, price_out_micros=0)

    assert find_cost(free, "m", USED, on=TODAY) == (0, "USD")


@pytest.mark.parametrize("tokens", [Tokens(), Tokens(sent=1), Tokens(received=1)])
def test_cost_is_not_known_without_tokens(tokens: Tokens) -> None:
    assert find_cost(OPENAI, "gpt-5-mini", tokens, on=TODAY) == (None, "USD")


def test_prices_hold_one_row_a_model_and_day() -> None:
    assert len({(price.model, price.valid_from) for price in PRICES}) == len(PRICES)


def test_code_of_a_vendor_is_shown_only_where_it_is_known() -> None:
    shown, hidden = (
        explain_answer(Answer(400, {}, {"code": code, "message": "x"}), OPENAI).fault
        for code in ("invalid_value", "my_secret_key")
    )

    assert isinstance(shown, Permanent)
    assert "(HTTP 400, invalid_value)" in str(shown)
    assert "secret" not in str(hidden)


def test_server_is_named_where_no_model_is_set() -> None:
    answer = Answer(404, {}, {"error": {"message": "no such model", "code": "model_not_found"}})

    fault = explain_answer(answer, TextOptions(url="http://localhost:8080/v1")).fault

    assert "localhost:8080 does not have the model that it lists (HTTP 404, model_not_found)" in str(fault)
