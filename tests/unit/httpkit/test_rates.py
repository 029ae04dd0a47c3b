"""Rates as people write them."""

import pytest

from nightdesk.httpkit.rates import Rate, parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("600/m", Rate(600, 60.0)),
        ("5/s", Rate(5, 1.0)),
        ("10/15m", Rate(10, 900.0)),
        ("1/h", Rate(1, 3600.0)),
        ("off", None),
    ],
)
def test_rate_is_read(text: str, rate: Rate | None) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "10", "10/", "/m", "0/m", "10/0m", "10/d", "-1/m", "1.5/m", "10 / m", "OFF", "٣/m"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate like 600/m"):
        parse_rate(text)


def test_interval_is_the_time_in_which_one_request_grows_back() -> None:
    assert Rate(600, 60.0).interval_s == 0.1
