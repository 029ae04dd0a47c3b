"""Channels written side by side by a writer that takes several: one clock, one line of progress, one set of books."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from nightdesk.campaigns import services
from nightdesk.campaigns.models import Campaign, ContentPiece, ModelCall
from nightdesk.campaigns.services import drafting
from nightdesk.campaigns.services.costs import CampaignCost, NotedCall, store_calls
from nightdesk.campaigns.services.progress import WritingProgress
from nightdesk.core.errors import Permanent, Throttled, Transient
from nightdesk.core.ids import new_job_id
from nightdesk.engine import actions
from nightdesk.engine.models import Job, JobStep
from nightdesk.engine.testing import drain
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.protocol import CallOutcome, PieceRequest, Purpose
from tests.integration.campaigns.briefs import (
    ALL_CHANNELS,
    PaidWriter,
    call_record,
    install,
    make_campaign,
    status_of,
    task_of,
    write_with,
    written_campaign,
)

pytestmark = pytest.mark.django_db
LONG_S = 20.0


def test_six_channels_are_written_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(6, timeout=LONG_S)
    write_with(monkeypatch, lambda _request: together.wait(), at_once=6)

    campaign = written_campaign(channels=ALL_CHANNELS)

    assert sorted(campaign.pieces.values_list("channel", flat=True)) == sorted(ALL_CHANNELS)
    assert JobStep.objects.count() == 6


def test_finished_channels_are_kept_when_another_fails_and_are_not_paid_again(monkeypatch: pytest.MonkeyPatch) -> None:
    has_failed = threading.Event()

    def fail_at_blog_once(request: PieceRequest) -> None:
        if request.channel == Channel.BLOG and writer.asked.count("blog") == 1:
            has_failed.set()
            raise Transient("The writer is busy.")
        assert has_failed.wait(LONG_S)

    writer = write_with(monkeypatch, fail_at_blog_once, at_once=3)
    campaign = make_campaign(channels=["x", "blog", "email"])

    drain()
    assert sorted(campaign.pieces.values_list("channel", flat=True)) == ["email", "x"]
    Job.objects.update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
    drain()

    assert sorted(writer.asked) == ["blog", "blog", "email", "x"]
    assert status_of(campaign) == ("completed", "", True)


def test_campaign_deleted_while_its_channels_are_written_keeps_only_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    def delete(_request: PieceRequest) -> None:
        services.delete_campaign(campaign_id=campaign.pk)

    install(monkeypatch, PaidWriter(delete, tokens_in=5))
    campaign = make_campaign(channels=["x"])

    drain()

    assert (Campaign.objects.count(), ContentPiece.objects.count()) == (0, 0)
    call = ModelCall.objects.get()
    assert (call.campaign_id, call.channel, call.tokens_in) == (None, "x", 5)


@pytest.mark.parametrize("at_once", [1, 6])
def test_deadline_of_the_job_is_shared_by_all_channels(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    writer = PaidWriter(at_once=at_once)
    install(monkeypatch, writer)

    written_campaign(channels=ALL_CHANNELS)

    assert len(writer.deadlines_s) == 6
    assert all(deadline is not None and 800 < deadline <= 880 for deadline in writer.deadlines_s)


# ---- progress


def steps_told(
    act: Callable[[WritingProgress], None], *channels: str, done: tuple[str, ...] = ()
) -> list[tuple[int, str]]:
    told: list[tuple[int, str]] = []
    act(WritingProgress(channels, lambda percent, words: told.append((percent, words)), done=done))
    return told


def test_progress_names_all_channels_being_written() -> None:
    def act(progress: WritingProgress) -> None:
        with progress.writing(Channel.LINKEDIN) as linkedin, progress.writing(Channel.X) as x:
            linkedin(50, "")
            with progress.writing(Channel.EMAIL) as email:
                email(100, "")
            x(20, "")
        with progress.writing(Channel.BLOG):
            pass

    assert steps_told(act, "linkedin", "x", "email", "blog") == [
        (0, "Writing LinkedIn (1 of 4)"),
        (0, "Writing LinkedIn and X (0 of 4 done)"),
        (12, "Writing LinkedIn and X (0 of 4 done)"),
        (12, "Writing LinkedIn, X and Email (0 of 4 done)"),
        (37, "Writing LinkedIn, X and Email (0 of 4 done)"),
        (42, "Writing LinkedIn and X (1 of 4 done)"),
        (75, "Writing Blog post (4 of 4)"),
    ]


def test_progress_counts_what_an_earlier_run_has_written_and_never_falls() -> None:
    def act(progress: WritingProgress) -> None:
        with progress.writing(Channel.X) as x:
            x(60, "")
            x(30, "a repair begins at nothing")
        progress.tell()

    assert steps_told(act, "x", "blog", done=("blog",)) == [
        (50, "Writing X (2 of 2)"),
        (80, "Writing X (2 of 2)"),
        (80, "Writing X (2 of 2)"),
    ]


def test_channel_that_fails_is_not_counted_as_done() -> None:
    def act(progress: WritingProgress) -> None:
        with pytest.raises(Permanent), progress.writing(Channel.X):
            raise Permanent
        with progress.writing(Channel.BLOG):
            pass

    assert steps_told(act, "x", "blog") == [(0, "Writing X (1 of 2)"), (0, "Writing Blog post (1 of 2)")]


# ---- the books


def test_every_call_is_in_the_books_with_what_is_known_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, Any] = {
        "tokens_in": 100,
        "tokens_out": 20,
        "cost_micros": 340,
        "currency": "EUR",
        "model_answered": "tiny-2",
    }
    install(monkeypatch, PaidWriter(at_once=6, **known))

    campaign = written_campaign(channels=ALL_CHANNELS)

    rows = ModelCall.objects.order_by("channel")
    assert [row.channel for row in rows] == sorted(ALL_CHANNELS)
    assert {(row.campaign_id, row.job_id, row.model_answered) for row in rows} == {
        (campaign.pk, task_of(campaign), "tiny-2")
    }
    assert {(row.http_status, row.tokens_cached, row.outcome, row.purpose) for row in rows} == {
        (None, None, CallOutcome.OK, Purpose.DRAFT)
    }
    assert services.costs_of(campaign_ids=[campaign.pk]) == {
        campaign.pk: CampaignCost(
            calls=6, tokens_in=600, tokens_out=120, cost_micros=2040, currency="EUR", by_currency={"EUR": 2040}
        )
    }
    assert set(JobStep.objects.values_list("cost_micros", flat=True)) == {340}
    assert {(piece.made_by, piece.prompt_version) for piece in ContentPiece.objects.all()} == {("tiny", "copy-1")}


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize(
    "error", [Permanent("No."), Transient("Later."), Throttled(retry_after_s=60), ValueError("bug")]
)
def test_call_for_a_piece_that_fails_is_in_the_books(
    monkeypatch: pytest.MonkeyPatch, error: Exception, at_once: int
) -> None:
    def fail(_request: PieceRequest) -> None:
        raise error

    install(monkeypatch, PaidWriter(fail, at_once=at_once, outcome=CallOutcome.UNUSABLE, tokens_out=7))
    campaign = make_campaign(channels=["x"])

    drain()

    assert list(ModelCall.objects.values_list("campaign_id", "outcome", "tokens_out")) == [(campaign.pk, "unusable", 7)]


def test_call_of_a_cancelled_run_is_in_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancel(_request: PieceRequest) -> None:
        actions.cancel(job_id=Job.objects.get().id)
        raise Transient("The writer went away.")

    install(monkeypatch, PaidWriter(cancel))
    make_campaign(channels=["x"])

    drain()

    assert (Job.objects.get().state, ModelCall.objects.count()) == ("cancelled", 1)


def test_call_that_ends_after_its_run_was_left_is_in_the_books() -> None:
    campaign = make_campaign()
    sitting = services.Sitting(
        [], campaign_id=campaign.pk, job_id=task_of(campaign), report=lambda *_: None, time_left_s=lambda: None
    )
    with sitting:
        pass

    sitting._note(Channel.X, call_record(tokens_in=3))

    assert list(ModelCall.objects.values_list("channel", "tokens_in")) == [("x", 3)]


def test_call_that_could_not_be_stored_is_stored_when_its_run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign()
    sitting = services.Sitting(
        [], campaign_id=campaign.pk, job_id=task_of(campaign), report=lambda *_: None, time_left_s=lambda: None
    )

    def go_away(**_: Any) -> None:
        raise Transient("The database went away.")

    with sitting:
        sitting._note(Channel.X, call_record(tokens_in=3))
        with monkeypatch.context() as patched:
            patched.setattr(drafting, "store_calls", go_away)
            with pytest.raises(Transient):
                sitting.settle()

    assert list(ModelCall.objects.values_list("channel", "tokens_in")) == [("x", 3)]


def test_calls_stored_twice_count_once() -> None:
    campaign = make_campaign()
    calls = [NotedCall(key=new_job_id(), channel="x", record=call_record())]

    for _ in range(2):
        store_calls(campaign_id=campaign.pk, job_id=task_of(campaign), calls=calls)

    assert ModelCall.objects.count() == 1


def test_call_that_was_turned_away_lacks_no_price() -> None:
    campaign = make_campaign()
    turned_away = [{"outcome": one} for one in (CallOutcome.REJECTED, CallOutcome.QUOTA, CallOutcome.THROTTLED)]
    begun = [{"outcome": CallOutcome.THROTTLED, "tokens_in": 4}, {"outcome": CallOutcome.THROTTLED, "http_status": 200}]
    note(campaign, *turned_away, *begun, {"outcome": CallOutcome.FAILED, "http_status": 500})

    costs = services.costs_of(campaign_ids=[campaign.pk])[campaign.pk]

    assert (costs.calls, costs.calls_without_price, costs.cost_micros) == (6, 3, None)


def test_whatever_a_provider_says_fits_the_books() -> None:
    campaign = make_campaign()
    record = call_record(
        model_answered="m" * 5_000, request_id="nul \x00 half \ud800", cost_micros=5, currency="", provider="p" * 500
    )

    store_calls(
        campaign_id=campaign.pk,
        job_id=task_of(campaign),
        calls=[NotedCall(key=new_job_id(), channel="x", record=record)],
    )

    row = ModelCall.objects.get()
    assert (len(row.model_answered), len(row.provider), row.cost_micros) == (200, 120, None)
    assert "\x00" not in row.request_id


def note(campaign: Campaign, *records: dict[str, Any]) -> None:
    calls = [NotedCall(key=new_job_id(), channel="x", record=call_record(**known)) for known in records]
    store_calls(campaign_id=campaign.pk, job_id=new_job_id(), calls=calls)


def test_what_nobody_knows_is_none_and_never_zero() -> None:
    nothing, unknown, partly, mixed = (make_campaign() for _ in range(4))
    note(unknown, {}, {})
    note(partly, {"tokens_in": 5, "cost_micros": 0, "currency": "USD"}, {"tokens_out": 2})
    note(mixed, {"cost_micros": 5, "currency": "USD"}, {"cost_micros": 7, "currency": "EUR"}, {"currency": "EUR"})

    costs = services.costs_of(campaign_ids=[one.pk for one in (nothing, unknown, partly, mixed)])

    assert costs == {
        nothing.pk: CampaignCost(),
        unknown.pk: CampaignCost(calls=2, calls_without_price=2),
        partly.pk: CampaignCost(
            calls=2,
            tokens_in=5,
            tokens_out=2,
            cost_micros=0,
            currency="USD",
            calls_without_price=1,
            by_currency={"USD": 0},
        ),
        mixed.pk: CampaignCost(calls=3, calls_without_price=1, by_currency={"EUR": 7, "USD": 5}),
    }


@pytest.mark.parametrize("campaigns", [1, 3])
def test_costs_of_many_campaigns_are_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries, campaigns: int
) -> None:
    made = [make_campaign() for _ in range(campaigns)]
    for campaign in made:
        note(campaign, {"tokens_in": 1})

    with django_assert_num_queries(1):
        costs = services.costs_of(campaign_ids=[campaign.pk for campaign in made])

    assert [costs[campaign.pk].tokens_in for campaign in made] == [1] * campaigns
