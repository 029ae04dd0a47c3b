"""One thing done to a campaign in the middle of another, at the moment where it would hurt most."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from nightdesk.campaigns import services
from nightdesk.campaigns.errors import CampaignBusy, PieceBusy
from nightdesk.campaigns.models import Campaign, ContentPiece, ModelCall
from nightdesk.campaigns.services import editing, rewriting, versions
from nightdesk.core.errors import Permanent, Transient
from nightdesk.engine import actions, queries
from nightdesk.engine.models import Job
from nightdesk.engine.sql import writing
from nightdesk.engine.testing import drain
from nightdesk.providers.text.protocol import PieceRequest
from tests.integration.campaigns.briefs import (
    PaidWriter,
    history,
    install,
    piece_of,
    write_with,
    written_campaign,
)
from tests.integration.campaigns.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LONG_S = 20.0
#: Long enough for another connection to run into a lock.
HOLD_S = 0.3


def ask_anew(campaign: Campaign, channel: str = "x") -> UUID:
    return services.regenerate_piece(campaign_id=campaign.pk, channel=channel, owner_id=None)


def edit(campaign: Campaign, base_version: int) -> None:
    services.edit_piece(
        campaign_id=campaign.pk, channel="x", fields={"text": "Mine."}, base_version=base_version, user_id=None
    )


def lock(campaign: Campaign, _base_version: int) -> None:
    services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=None)


@pytest.mark.parametrize("then", [None, edit, lock])
def test_run_that_ends_after_its_text_was_stored_is_taken_up_and_succeeds(
    monkeypatch: pytest.MonkeyPatch, then: Callable[[Campaign, int], None] | None
) -> None:
    campaign = written_campaign(channels=["x"])
    writer = write_with(monkeypatch, lambda _request: None)

    def go_away(**_: Any) -> bool:
        raise Transient("The database went away.")

    with monkeypatch.context() as patched:
        patched.setattr(services, "is_shown", go_away)
        job_id = ask_anew(campaign)
        drain()
    assert (Job.objects.get(pk=job_id).state, piece_of(campaign).version) == ("waiting", 2)
    if then is not None:
        then(campaign, 2)
    Job.objects.update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
    drain()

    job = Job.objects.get(pk=job_id)
    assert (job.state, writer.asked) == ("succeeded", ["x"])
    assert queries.result_of(job)["is_shown"] is (then is not edit)
    assert piece_of(campaign).task_id is None


def test_piece_asked_for_while_the_campaign_moves_on_does_not_move_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])
    # Stands for somebody who regenerates all of it, and whose job is done, before this one has the campaign's row.
    monkeypatch.setattr(rewriting, "cancel_job", lambda _job_id: Campaign.objects.update(generation=2))

    ask_anew(campaign)

    assert Campaign.objects.get().generation == 2


def test_piece_whose_old_job_was_sent_back_into_its_line_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])

    def refuse(_request: PieceRequest) -> None:
        raise Permanent("The writer refuses this brief. Shorten it.")

    with monkeypatch.context() as patched:
        write_with(patched, refuse)
        failed = ask_anew(campaign)
        drain()
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()
    actions.retry(job_id=failed)

    with pytest.raises(PieceBusy):
        ask_anew(campaign)

    assert piece_of(campaign).task_id is None
    drain()
    ask_anew(campaign)
    drain()
    assert history(piece_of(campaign))[-1] == (3, "written")


def test_piece_asked_for_while_the_campaign_is_regenerated_is_not_written_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = written_campaign(channels=["x"])

    def ask_in_between(job_id: UUID | None) -> None:
        if job_id == campaign.task_id:  # the jobs to cancel are read already
            ask_anew(campaign)

    monkeypatch.setattr(editing, "cancel_job", ask_in_between)

    with pytest.raises(CampaignBusy):
        services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)

    assert Campaign.objects.get().generation == 1


def test_kit_changed_while_regeneration_is_asked_for_is_the_one_it_is_written_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = written_campaign(channels=["x"])
    kit = services.create_brand_kit(name="Nimbus", voice="Warm.", created_by_id=None)
    # Stands for somebody who chooses a kit before this one has the campaign's row.
    monkeypatch.setattr(editing, "cancel_job", lambda _job_id: Campaign.objects.update(brand_kit=kit))

    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)

    assert Campaign.objects.get().brand_version == services.find_brand_version(kit_id=kit.pk)


def test_campaign_is_deleted_while_somebody_saves_an_edit() -> None:
    campaign = written_campaign(channels=["x"])
    has_edited = threading.Event()

    def save() -> None:
        with writing():
            edit(campaign, 1)
            has_edited.set()
            time.sleep(HOLD_S)

    def delete() -> None:
        assert has_edited.wait(LONG_S)
        services.delete_campaign(campaign_id=campaign.pk)

    at_once([save, delete])

    assert (Campaign.objects.count(), ContentPiece.objects.count()) == (0, 0)


def test_campaign_is_deleted_while_a_job_that_lost_its_piece_stores_a_paid_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = written_campaign(channels=["x"])
    has_locked = threading.Event()
    # As a regeneration of everything leaves it: the job was asked to stop, and stores what it has paid for.
    install(monkeypatch, PaidWriter(lambda _request: ContentPiece.objects.update(task_id=None)))
    lock_row = versions.lock_row

    def lock_slowly(campaign_id: int, channel: str) -> ContentPiece | None:
        piece = lock_row(campaign_id, channel)
        has_locked.set()
        time.sleep(HOLD_S)
        return piece

    monkeypatch.setattr(rewriting, "lock_row", lock_slowly)
    ask_anew(campaign)

    def delete() -> None:
        assert has_locked.wait(LONG_S)
        services.delete_campaign(campaign_id=campaign.pk)

    at_once([drain, delete])

    assert (Campaign.objects.count(), ModelCall.objects.count()) == (0, 1)
