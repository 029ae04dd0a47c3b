"""One piece written anew: by its own job, never over what came later."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from nightdesk.campaigns import services
from nightdesk.campaigns.errors import CampaignBusy, NotOursToWrite, PieceBusy
from nightdesk.campaigns.jobs import WritePiece
from nightdesk.campaigns.models import MAX_WISH_CHARS, Campaign, ContentPiece
from nightdesk.core.errors import InvalidInput, Permanent, Transient
from nightdesk.engine import actions, queries
from nightdesk.engine.handlers import call_in_place
from nightdesk.engine.models import Job
from nightdesk.engine.testing import assert_enqueued, drain, run_job
from nightdesk.providers.text.protocol import PieceRequest
from tests.integration.campaigns.briefs import history, piece_of, write_with, written_campaign

pytestmark = pytest.mark.django_db


def ask_anew(campaign: Campaign, channel: str = "x", wish: str = "") -> UUID:
    return services.regenerate_piece(campaign_id=campaign.pk, channel=channel, wish=wish, owner_id=None)


def refuse(_request: PieceRequest) -> None:
    raise Permanent("The writer refuses this brief. Shorten it.")


def test_regenerated_piece_is_the_next_version_and_the_others_stay() -> None:
    campaign = written_campaign(channels=["x", "blog"])
    before = piece_of(campaign)
    other = ContentPiece.objects.filter(channel="blog").values().get()

    job_id = ask_anew(campaign, wish=" Shorter. ")
    job = assert_enqueued(WritePiece(campaign_id=campaign.pk, channel="x", base_version=1, wish="Shorter."))
    assert (job.id, job.subject, job.queue) == (job_id, f"campaign:{campaign.pk}", "ai_generation")
    assert (piece_of(campaign).task_id, services.is_busy(piece_of(campaign))) == (job_id, True)
    drain()

    piece = piece_of(campaign)
    assert (piece.version, piece.origin, piece.generation, piece.task_id) == (2, "written", 1, None)
    assert history(piece) == [(1, "written"), (2, "written")]
    assert piece.versions.get(number=1).fields == before.fields
    assert piece.versions.get(number=2).job_id == job_id
    assert ContentPiece.objects.filter(channel="blog").values().get() == other
    assert Campaign.objects.get().ai_processing_status == "completed"


def test_writer_is_told_the_wish_and_the_text_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[PieceRequest] = []
    campaign = written_campaign(channels=["x"])
    services.edit_piece(campaign_id=campaign.pk, channel="x", fields={"text": "Mine."}, base_version=1, user_id=None)
    kit = services.create_brand_kit(name="Nimbus", voice="Warm.", created_by_id=None)
    services.update_campaign(campaign_id=campaign.pk, brand_kit_id=kit.pk)
    write_with(monkeypatch, asked.append)

    ask_anew(campaign, wish="Say it in one line.")
    drain()

    (request,) = asked
    assert (request.wish, request.previous) == ("Say it in one line.", {"text": "Mine."})
    assert request.brand is not None
    assert request.brand.voice == "Warm."
    assert piece_of(campaign).versions.get(number=3).brand_version == services.find_brand_version(kit_id=kit.pk)


def test_piece_that_is_being_written_is_busy() -> None:
    campaign = written_campaign(channels=["x", "blog"])
    first = ask_anew(campaign)

    with pytest.raises(PieceBusy):
        ask_anew(campaign)
    ask_anew(campaign, "blog")

    assert piece_of(campaign).task_id == first
    assert Job.objects.filter(kind="campaigns.write_piece").count() == 2


def test_piece_of_a_campaign_that_is_being_written_is_not_regenerated() -> None:
    campaign = written_campaign(channels=["x"])
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)

    with pytest.raises(CampaignBusy):
        ask_anew(campaign)

    assert Job.objects.filter(kind="campaigns.write_piece").count() == 0


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ("x" * (MAX_WISH_CHARS + 1), "This must have at most 500 characters; it has 501. Shorten it."),
        ("nul \x00", "This text holds a NUL character or half a character. Remove it."),
        ("half \ud800", "This text holds a NUL character or half a character. Remove it."),
    ],
)
def test_wish_that_cannot_be_kept_is_refused(wish: str, complaint: str) -> None:
    campaign = written_campaign(channels=["x"])

    with pytest.raises(InvalidInput) as refused:
        ask_anew(campaign, wish=wish)

    assert refused.value.details == {"wish": [complaint]}
    assert (piece_of(campaign).task_id, Job.objects.count()) == (None, 1)


# ---- what came later counts more


def test_edit_made_while_the_piece_is_written_stays_and_the_written_text_is_kept_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = written_campaign(channels=["x"])

    def edit(_request: PieceRequest) -> None:
        services.edit_piece(
            campaign_id=campaign.pk, channel="x", fields={"text": "Mine."}, base_version=1, user_id=None
        )

    write_with(monkeypatch, edit)
    job_id = ask_anew(campaign)
    drain()

    piece = piece_of(campaign)
    assert (piece.version, piece.fields, piece.task_id) == (2, {"text": "Mine."}, None)
    assert history(piece) == [(1, "written"), (2, "edited"), (3, "written")]
    assert (
        piece.versions.get(number=3).warnings[0].startswith("Somebody changed the piece while this was being written")
    )
    assert queries.result_of(Job.objects.get(pk=job_id)) == {
        "campaign_id": campaign.pk,
        "channel": "x",
        "is_shown": False,
    }


def test_piece_locked_while_it_is_written_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])

    def lock(_request: PieceRequest) -> None:
        services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=None)

    write_with(monkeypatch, lock)
    ask_anew(campaign)
    drain()

    assert (piece_of(campaign).version, piece_of(campaign).is_locked) == (1, True)
    assert history(piece_of(campaign)) == [(1, "written"), (2, "written")]


def test_piece_edited_before_its_job_begins_is_not_written_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])
    job_id = ask_anew(campaign)
    services.edit_piece(campaign_id=campaign.pk, channel="x", fields={"text": "Mine."}, base_version=1, user_id=None)
    writer = write_with(monkeypatch, lambda _request: None)

    drain()

    error = queries.error_of(Job.objects.get(pk=job_id))
    assert error is not None
    assert (error.code, writer.asked) == ("not_ours_to_write", [])
    assert error.message.startswith("This piece was changed after this was asked for")
    assert (piece_of(campaign).fields, piece_of(campaign).task_id) == ({"text": "Mine."}, None)


def test_piece_locked_before_its_job_begins_is_not_written_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])
    job_id = ask_anew(campaign)
    services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=None)
    writer = write_with(monkeypatch, lambda _request: None)

    drain()

    assert (Job.objects.get(pk=job_id).state, writer.asked, piece_of(campaign).task_id) == ("failed", [], None)


@pytest.mark.parametrize("gone", [ContentPiece, Campaign])
def test_piece_or_campaign_that_is_gone_ends_the_job(
    monkeypatch: pytest.MonkeyPatch, gone: type[ContentPiece | Campaign]
) -> None:
    campaign = written_campaign(channels=["x"])
    writer = write_with(monkeypatch, lambda _request: None)
    job_id = ask_anew(campaign)
    gone.objects.all().delete()

    drain()

    assert (Job.objects.get(pk=job_id).state, Job.objects.get(pk=job_id).runs, writer.asked) == ("failed", 1, [])


def test_piece_removed_while_it_is_written_ends_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])
    write_with(monkeypatch, lambda _request: ContentPiece.objects.all().delete())
    job_id = ask_anew(campaign)

    drain()

    assert Job.objects.get(pk=job_id).state == "failed"
    assert ContentPiece.objects.count() == 0


# ---- endings


def test_failed_job_keeps_its_piece_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])
    with monkeypatch.context() as patched:
        write_with(patched, refuse)
        job_id = ask_anew(campaign)
        drain()
    assert (piece_of(campaign).task_id, piece_of(campaign).version) == (job_id, 1)
    assert services.is_busy(piece_of(campaign)) is False
    assert Campaign.objects.get().ai_processing_status == "completed"

    actions.retry(job_id=job_id)
    assert services.is_busy(piece_of(campaign)) is True
    assert run_job(job_id).state == "succeeded"

    assert (piece_of(campaign).task_id, piece_of(campaign).version) == (None, 2)


def test_failed_job_that_is_tried_again_does_not_overwrite_a_newer_version(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])
    with monkeypatch.context() as patched:
        write_with(patched, refuse)
        job_id = ask_anew(campaign)
        drain()
    services.edit_piece(campaign_id=campaign.pk, channel="x", fields={"text": "Mine."}, base_version=1, user_id=None)

    actions.retry(job_id=job_id)
    drain()

    assert (Job.objects.get(pk=job_id).state, piece_of(campaign).fields) == ("failed", {"text": "Mine."})
    assert (piece_of(campaign).task_id, history(piece_of(campaign))) == (None, [(1, "written"), (2, "edited")])


def test_regenerating_again_takes_the_place_of_a_failed_job(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])
    with monkeypatch.context() as patched:
        write_with(patched, refuse)
        failed = ask_anew(campaign)
        drain()

    ask_anew(campaign)
    drain()

    assert (piece_of(campaign).version, piece_of(campaign).task_id) == (2, None)
    actions.retry(job_id=failed)
    drain()
    assert (Job.objects.get(pk=failed).state, piece_of(campaign).version) == ("failed", 2)


def test_rerun_of_a_failed_job_takes_the_piece_over(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])
    with monkeypatch.context() as patched:
        write_with(patched, refuse)
        failed = ask_anew(campaign)
        drain()

    again = actions.rerun(job_id=failed, owner_id=None)
    drain()

    assert (Job.objects.get(pk=again).state, piece_of(campaign).version) == ("succeeded", 2)
    assert piece_of(campaign).versions.get(number=2).job_id == again


def test_rerun_of_a_job_that_succeeded_does_not_write_again() -> None:
    campaign = written_campaign(channels=["x"])
    done = ask_anew(campaign)
    drain()

    again = actions.rerun(job_id=done, owner_id=None)
    drain()

    assert (Job.objects.get(pk=again).state, piece_of(campaign).version) == ("failed", 2)


def test_cancelled_job_lets_its_piece_go() -> None:
    campaign = written_campaign(channels=["x"])

    actions.cancel(job_id=ask_anew(campaign))

    assert (piece_of(campaign).task_id, piece_of(campaign).version) == (None, 1)
    ask_anew(campaign)


def test_retry_of_the_engine_writes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x"])

    def fail_once(_request: Any) -> None:
        if len(writer.asked) == 1:
            raise Transient("The writer is busy.")

    writer = write_with(monkeypatch, fail_once)
    job_id = ask_anew(campaign)
    drain()
    assert (Job.objects.get(pk=job_id).state, services.is_busy(piece_of(campaign))) == ("waiting", True)
    Job.objects.update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
    drain()

    assert (writer.asked, piece_of(campaign).version) == (["x", "x"], 2)


def test_regenerating_the_campaign_cancels_the_jobs_of_its_pieces() -> None:
    campaign = written_campaign(channels=["x", "blog"])
    single = ask_anew(campaign)

    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()

    assert Job.objects.get(pk=single).state == "cancelled"
    assert [(piece.generation, piece.version, piece.task_id) for piece in ContentPiece.objects.all()] == [
        (2, 2, None)
    ] * 2


def test_deleting_and_removing_cancel_the_job_of_a_piece() -> None:
    first, second = written_campaign(channels=["x"]), written_campaign(channels=["x", "blog"])
    jobs = [ask_anew(first), ask_anew(second)]
    services.update_campaign(campaign_id=second.pk, channels=["blog"])

    services.delete_campaign(campaign_id=first.pk)
    services.remove_piece(campaign_id=second.pk, channel="x")

    assert [Job.objects.get(pk=job_id).state for job_id in jobs] == ["cancelled", "cancelled"]


def test_called_in_place_it_does_not_take_a_piece() -> None:
    campaign = written_campaign(channels=["x"])

    with pytest.raises(NotOursToWrite):
        call_in_place(WritePiece(campaign_id=campaign.pk, channel="x", base_version=2))

    assert piece_of(campaign).version == 1


def test_rerun_for_another_campaign_than_its_subject_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = written_campaign(channels=["x"]), written_campaign(channels=["x"])
    with monkeypatch.context() as patched:
        write_with(patched, refuse)
        failed = ask_anew(first)
        drain()

    again = actions.rerun(job_id=failed, arguments={"campaign_id": second.pk}, owner_id=None)
    drain()

    assert (Job.objects.get(pk=again).state, piece_of(second).version) == ("failed", 1)
