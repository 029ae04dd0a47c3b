"""Two people, or a person and a job, at the same campaign at the same time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from nightdesk.campaigns import services
from nightdesk.campaigns.errors import (
    BrandKitChanged,
    BrandKitNameTaken,
    CampaignBusy,
    CampaignNotFound,
    PieceBusy,
    PieceChanged,
    PieceLocked,
)
from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.engine import actions
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.providers.text import registry
from tests.integration.campaigns.briefs import (
    ALL_CHANNELS,
    Writer,
    history,
    make_campaign,
    piece_of,
    task_of,
    written_campaign,
)

pytestmark = pytest.mark.django_db(transaction=True)

#: Enough for the interleavings that matter to come up; each round takes milliseconds.
ROUNDS = 10
REFUSALS = (
    BrandKitChanged,
    BrandKitNameTaken,
    CampaignBusy,
    CampaignNotFound,
    PieceBusy,
    PieceChanged,
    PieceLocked,
)


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start calls together, each on its own connection; return what each returned, or the error's class."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait()
            return call()
        except REFUSALS as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_regenerated_by_four_at_once_it_moves_one_generation() -> None:
    campaign = make_campaign(channels=["x"])
    for round_number in range(ROUNDS):
        drain()

        outcomes = at_once([lambda: services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)] * 4)

        assert outcomes.count(CampaignBusy) == 3
        assert Campaign.objects.get().generation == 2 + round_number
        assert Job.objects.filter(state="waiting").count() == 1


def test_deleted_while_its_job_runs_nothing_is_left_and_nobody_waits_for_ever() -> None:
    for _ in range(ROUNDS):
        campaign = make_campaign(channels=ALL_CHANNELS)

        at_once([drain, partial(services.delete_campaign, campaign_id=campaign.pk)])
        drain()

        assert (Campaign.objects.count(), ContentPiece.objects.count()) == (0, 0)
        assert Job.objects.filter(state__in=["waiting", "running"]).count() == 0


def test_deleted_between_two_pieces_the_job_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign(channels=["x", "blog", "email"])

    def delete_before_blog(request: Any) -> None:
        if request.channel == "blog":
            at_once([lambda: services.delete_campaign(campaign_id=campaign.pk)])

    writer = Writer(delete_before_blog)
    monkeypatch.setitem(registry.WRITERS, "template", lambda: writer)

    drain()

    assert writer.asked == ["x", "blog"]
    assert ContentPiece.objects.count() == 0
    assert Job.objects.get().state in {"cancelled", "failed"}


def test_cancelled_while_its_job_runs_campaign_and_job_agree() -> None:
    for _ in range(ROUNDS):
        campaign = make_campaign(channels=ALL_CHANNELS)

        at_once([drain, partial(actions.cancel, job_id=task_of(campaign))])
        drain()

        state = Job.objects.get(pk=task_of(campaign)).state
        status = Campaign.objects.get(pk=campaign.pk).ai_processing_status
        assert (state, status) in {("succeeded", "completed"), ("cancelled", "failed")}


def test_patched_by_two_at_once_both_changes_are_kept() -> None:
    campaign = make_campaign(channels=["x"])
    drain()
    for number in range(ROUNDS):
        at_once(
            [
                partial(services.update_campaign, campaign_id=campaign.pk, name=f"Name {number}"),
                partial(services.update_campaign, campaign_id=campaign.pk, tone=f"tone {number}"),
            ]
        )

        row = Campaign.objects.get()
        assert (row.name, row.tone) == (f"Name {number}", f"tone {number}")


def change_brief(campaign: Campaign, brief: str) -> str:
    """Give it another brief and return the one it then has."""
    return services.update_campaign(campaign_id=campaign.pk, brief=brief).brief


def test_brief_changed_while_regeneration_is_asked_for_is_either_in_or_refused() -> None:
    campaign = make_campaign(channels=["x"])
    for number in range(ROUNDS):
        drain()
        brief = f"Lumo {number} is a lamp for balconies."

        outcomes = at_once(
            [
                partial(change_brief, campaign, brief),
                lambda: services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None),
            ]
        )
        drain()

        written = ContentPiece.objects.get().fields["text"]
        assert (outcomes[0] == brief) == (f"Lumo {number}" in written)


def edit(campaign: Campaign, text: str, base_version: int) -> str:
    """Edit the piece for X and return its text."""
    piece = services.edit_piece(
        campaign_id=campaign.pk, channel="x", fields={"text": text}, base_version=base_version, user_id=None
    )
    return str(piece.fields["text"])


def test_edited_by_four_at_once_one_counts_and_the_others_are_told() -> None:
    campaign = written_campaign(channels=["x"])
    for base in range(1, ROUNDS + 1):
        outcomes = at_once([partial(edit, campaign, f"Text {base} of {who}.", base) for who in "abcd"])

        piece = piece_of(campaign)
        assert outcomes.count(PieceChanged) == 3
        assert (piece.version, [piece.fields["text"]]) == (base + 1, [one for one in outcomes if one != PieceChanged])
    assert [number for number, _ in history(piece_of(campaign))] == list(range(1, ROUNDS + 2))


def test_edited_and_locked_at_once_it_ends_as_one_of_the_two_would_have_it() -> None:
    campaign = written_campaign(channels=["x"])
    for number in range(ROUNDS):
        base = piece_of(campaign).version

        outcome, _ = at_once(
            [
                partial(edit, campaign, f"Text {number}.", base),
                partial(services.lock_piece, campaign_id=campaign.pk, channel="x", user_id=None),
            ]
        )

        piece = piece_of(campaign)
        assert piece.is_locked
        assert (outcome, piece.version) in {(PieceLocked, base), (f"Text {number}.", base + 1)}
        services.unlock_piece(campaign_id=campaign.pk, channel="x", user_id=None)


def test_piece_asked_for_by_four_at_once_is_written_once() -> None:
    campaign = written_campaign(channels=["x"])
    for number in range(ROUNDS):
        ask = partial(services.regenerate_piece, campaign_id=campaign.pk, channel="x", owner_id=None)

        outcomes = at_once([ask] * 4)
        drain()

        assert outcomes.count(PieceBusy) == 3
        assert piece_of(campaign).version == 2 + number


def test_edited_while_it_is_written_anew_the_edit_is_shown_whoever_is_first() -> None:
    campaign = written_campaign(channels=["x"])
    for number in range(ROUNDS):
        base = piece_of(campaign).version
        services.regenerate_piece(campaign_id=campaign.pk, channel="x", owner_id=None)

        outcomes = at_once([drain, partial(edit, campaign, f"Mine {number}.", base)])

        piece = piece_of(campaign)
        assert (outcomes[1] == PieceChanged) == (piece.origin == "written")
        assert outcomes[1] == PieceChanged or piece.fields == {"text": f"Mine {number}."}
        assert piece.task_id is None
    numbers = [number for number, _ in history(piece_of(campaign))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_piece_and_campaign_regenerated_at_once_agree_in_the_end() -> None:
    campaign = written_campaign(channels=["x"])
    for _ in range(ROUNDS):
        at_once(
            [
                lambda: services.regenerate_piece(campaign_id=campaign.pk, channel="x", owner_id=None),
                lambda: services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None),
            ]
        )
        drain()

        campaign.refresh_from_db()
        piece = piece_of(campaign)
        assert (campaign.ai_processing_status, piece.generation) == ("completed", campaign.generation)
        assert Job.objects.filter(state__in=["waiting", "running"]).count() == 0
        assert piece.task_id is None


def test_kit_changed_by_four_at_once_moves_one_version() -> None:
    kit = services.create_brand_kit(name="Nimbus", created_by_id=None)
    for base in range(1, ROUNDS + 1):
        change = partial(services.update_brand_kit, kit_id=kit.pk, base_version=base, user_id=None)

        outcomes = at_once([partial(change, voice=f"Voice {base} of {who}.") for who in "abcd"])

        assert outcomes.count(BrandKitChanged) == 3
        assert services.find_brand_kit(kit_id=kit.pk).version == base + 1


def test_kit_of_one_name_created_by_four_at_once_is_one() -> None:
    for number in range(ROUNDS):
        create = partial(services.create_brand_kit, name=f"Kit {number}", created_by_id=None)

        assert at_once([create] * 4).count(BrandKitNameTaken) == 3
