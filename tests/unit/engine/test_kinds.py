"""Kinds of jobs: their names, their options, and what their arguments accept."""

import pytest
from pydantic import ValidationError

from nightdesk.engine.arguments import ARGUMENTS, KINDS, JobArgs, Kind, ListOf, register


class FetchCreatives(JobArgs, queue="data_fetch", retries=5, soft_limit_s=120, rate="30/m", title=""):
    """Fetch the creatives of advertisers."""

    advertiser_ids: ListOf[str] = []
    numbers: ListOf[int] = []
    region: str = "US"


class ResizeImage(JobArgs, limit=1, hard_limit_s=90):
    """Make an image smaller.

    And more.
    """

    asset_id: int


def test_class_keywords_are_the_options_of_the_kind() -> None:
    kind = FetchCreatives.kind
    assert (kind.name, kind.queue, kind.retries, kind.priority) == ("test_kinds.fetch_creatives", "data_fetch", 5, 5)
    assert (kind.soft_limit_s, kind.hard_s, kind.interval_s, kind.limited) == (120, 150, 2.0, True)
    assert KINDS[kind.name] is kind
    assert ARGUMENTS[kind.name] is FetchCreatives


def test_kind_without_options_has_the_house_rules() -> None:
    kind = Kind(name="bench.plain")
    assert (kind.retries, kind.retry_delay_s, kind.soft_limit_s, kind.hard_s) == (3, 60.0, 600.0, 630.0)
    assert (kind.cancel_grace_s, kind.history_days, kind.result_ttl_s, kind.limited) == (10.0, 30.0, None, False)


def test_title_is_the_first_line_of_the_docstring() -> None:
    assert (ResizeImage.kind.title, ResizeImage.kind.name) == ("Make an image smaller.", "test_kinds.resize_image")
    assert ResizeImage.kind.hard_s == 90
    assert Kind(name="bench.endless", soft_limit_s=None).hard_s is None


@pytest.mark.parametrize(("rate", "interval_s"), [("1/s", 1.0), ("5/s", 0.2), ("30/m", 2.0), ("1/h", 3600.0)])
def test_rate_is_read_as_an_interval(rate: str, interval_s: float) -> None:
    assert Kind(name="bench.rated", rate=rate).interval_s == interval_s


@pytest.mark.parametrize(
    "options", [{"rate": "30"}, {"rate": "0/m"}, {"rate": "5/d"}, {"priority": 10}, {"priority": -1}]
)
def test_kind_with_an_odd_option_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"bench\.odd"):
        register(Kind(name="bench.odd", **options))  # type: ignore[arg-type]
    assert "bench.odd" not in KINDS


def test_list_accepts_a_single_plain_value() -> None:
    asked = FetchCreatives.from_call(("AR1",), {"numbers": 7})
    assert (asked.advertiser_ids, asked.numbers) == (["AR1"], [7])  # type: ignore[attr-defined]
    with pytest.raises(ValidationError):
        FetchCreatives(advertiser_ids=True)


def test_arguments_are_frozen_and_tolerate_fields_of_other_releases() -> None:
    asked = FetchCreatives.model_validate({"region": "DE", "new_in_the_next_release": 1})
    assert asked.model_dump() == {"advertiser_ids": [], "numbers": [], "region": "DE"}
    with pytest.raises(ValidationError):
        asked.region = "FR"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((1, 2, 3, 4), {}, "takes 3 arguments, 4 were given"),
        ((["a"],), {"advertiser_ids": "b"}, "advertiser_ids given twice"),
        ((), {"reigon": "US"}, "has no argument reigon"),
    ],
)
def test_call_that_does_not_fit_is_refused_in_plain_words(
    args: tuple[object, ...], kwargs: dict[str, object], said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        FetchCreatives.from_call(args, kwargs)
