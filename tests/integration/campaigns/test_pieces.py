"""One piece in people's hands: edited against the version they read, locked, restored, removed."""

from typing import Any

import pytest

from nightdesk.accounts.services import create_user
from nightdesk.campaigns import services
from nightdesk.campaigns.errors import (
    CampaignNotFound,
    EverythingLocked,
    PieceChanged,
    PieceLocked,
    PieceNotFound,
    PieceVersionNotFound,
    PieceWanted,
)
from nightdesk.campaigns.models import MAX_FIELD_CHARS, Campaign, ContentPiece, PieceVersion
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.testing import drain
from nightdesk.providers.text.protocol import PieceRequest
from tests.integration.campaigns.briefs import history, make_campaign, piece_of, write_with, written_campaign

pytestmark = pytest.mark.django_db


def edit(campaign: Campaign, text: str, *, base_version: int = 1, user_id: int | None = None) -> ContentPiece:
    return services.edit_piece(
        campaign_id=campaign.pk, channel="x", fields={"text": text}, base_version=base_version, user_id=user_id
    )


def everything() -> tuple[list[Any], list[Any]]:
    return list(ContentPiece.objects.order_by("id").values()), list(PieceVersion.objects.order_by("id").values())


# ---- editing


def test_written_piece_is_version_one_of_itself() -> None:
    campaign = written_campaign(channels=["x"])

    piece, version = piece_of(campaign), PieceVersion.objects.get()
    assert (piece.version, piece.origin, piece.is_locked, piece.task_id) == (1, "written", False, None)
    assert (version.number, version.fields, version.made_by, version.origin) == (1, piece.fields, "template", "written")
    assert (version.job_id, version.author_id, version.generation) == (campaign.task_id, None, 1)


def test_edit_is_the_next_version_and_the_old_one_stays() -> None:
    ada = create_user(email="ada@example.org")
    campaign = written_campaign(channels=["x"])
    written = piece_of(campaign).fields

    edited = edit(campaign, " Nimbus is here. ", user_id=ada.id)

    assert (edited.version, edited.fields, edited.origin) == (2, {"text": "Nimbus is here."}, "edited")
    assert edited.made_by == "template"
    first, second = PieceVersion.objects.order_by("number")
    assert (first.fields, second.fields) == (written, {"text": "Nimbus is here."})
    assert (second.author_id, second.job_id, second.origin) == (ada.id, None, "edited")


def test_fields_that_are_left_out_stay() -> None:
    campaign = written_campaign(channels=["email"])
    before = piece_of(campaign, "email").fields

    services.edit_piece(
        campaign_id=campaign.pk, channel="email", fields={"subject": "Hello"}, base_version=1, user_id=None
    )

    assert piece_of(campaign, "email").fields == {**before, "subject": "Hello"}


def test_same_text_again_makes_no_version() -> None:
    campaign = written_campaign(channels=["x"])
    before = everything()

    edit(campaign, piece_of(campaign).fields["text"])

    assert everything() == before


def test_second_of_two_editors_is_told_and_nothing_is_lost() -> None:
    campaign = written_campaign(channels=["x"])
    edit(campaign, "Ada was faster.")
    before = everything()

    with pytest.raises(PieceChanged):
        edit(campaign, "Bob was slower.")

    assert everything() == before
    edit(campaign, "Bob looked and tried again.", base_version=2)
    assert history(piece_of(campaign)) == [(1, "written"), (2, "edited"), (3, "edited")]


@pytest.mark.parametrize(
    ("channel", "fields", "details"),
    [
        ("x", {}, {"fields": ["Nothing to change was sent. Send at least one field."]}),
        ("x", {"text": ""}, {"text": ["Post is empty. Write one."]}),
        ("x", {"text": " \n "}, {"text": ["Post is empty. Write one."]}),
        ("x", {"text": "nul \x00"}, {"text": ["This text holds a NUL character or half a character. Remove it."]}),
        ("x", {"text": "half \ud800"}, {"text": ["This text holds a NUL character or half a character. Remove it."]}),
        ("x", {"text": 7}, {"text": ["This must be text."]}),
        ("x", {"text": ["a", "b"]}, {"text": ["This must be text."]}),
        ("x", {"text": None}, {"text": ["This must be text."]}),
        ("x", {"subject": "S"}, {"subject": ["X has no such field. Choose from: text."]}),
        (
            "x",
            {"text": "x" * 281},
            {
                "text": [
                    "Post is 281 characters long; X allows 280 (a link counts as 23, an emoji or a wide character as two). Shorten it by 1."
                ]
            },
        ),
        ("email", {"body": "x" * 1_000_000}, {"body": ["A text can have at most 40,000 characters. Shorten it."]}),
        ("google_rsa", {"headlines": "One"}, {"headlines": ["Headlines must be a list of texts."]}),
        ("google_rsa", {"headlines": ["One", 2, "Three"]}, {"headlines": ["This must be a list of texts."]}),
        (
            "google_rsa",
            {"headlines": ["One"], "path2": "there", "path1": ""},
            {
                "headlines": ["Google needs at least 3 headlines; there are 1. Add more."],
                "path2": ["Path 2 needs Path 1. Fill that first, or leave both empty."],
            },
        ),
    ],
)
def test_text_that_cannot_be_used_is_refused_by_field(
    channel: str, fields: dict[str, Any], details: dict[str, list[str]]
) -> None:
    campaign = written_campaign(channels=[channel])
    before = everything()

    with pytest.raises(InvalidInput) as refused:
        services.edit_piece(campaign_id=campaign.pk, channel=channel, fields=fields, base_version=1, user_id=None)

    assert refused.value.details == details
    assert everything() == before


def test_text_over_a_soft_limit_is_kept_with_a_warning() -> None:
    campaign = written_campaign(channels=["email"])

    services.edit_piece(
        campaign_id=campaign.pk, channel="email", fields={"subject": "so " * 30}, base_version=1, user_id=None
    )

    piece = piece_of(campaign, "email")
    assert [warning.partition(";")[0] for warning in piece.warnings] == ["Subject is 89 characters long"]
    assert piece.versions.get(number=2).warnings == piece.warnings


def test_edited_piece_is_looked_through_for_forbidden_words() -> None:
    kit = services.create_brand_kit(name="Nimbus", words_to_avoid=["cheap"], created_by_id=None)
    campaign = written_campaign(channels=["x"], brand_kit_id=kit.pk)

    edited = edit(campaign, "So cheap!")

    assert edited.warnings == ["It says “cheap”, which the brand kit forbids. Edit the text, or change the kit."]
    assert edited.versions.get(number=2).brand_version == services.find_brand_version(kit_id=kit.pk)


def test_longest_text_is_kept_whole() -> None:
    campaign = written_campaign(channels=["blog"])
    body = "x" * MAX_FIELD_CHARS

    services.edit_piece(campaign_id=campaign.pk, channel="blog", fields={"body": body}, base_version=1, user_id=None)

    assert piece_of(campaign, "blog").fields["body"] == body


# ---- edits and regenerations


def test_regenerated_campaign_keeps_every_earlier_text() -> None:
    campaign = written_campaign(channels=["x"])
    edit(campaign, "Mine.")

    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()

    piece = piece_of(campaign)
    assert (piece.version, piece.origin, piece.generation) == (3, "written", 2)
    assert history(piece) == [(1, "written"), (2, "edited"), (3, "written")]
    assert piece.versions.get(number=2).fields == {"text": "Mine."}


def test_edit_made_while_the_campaign_is_written_again_stays_and_the_written_text_is_kept_aside() -> None:
    campaign = written_campaign(channels=["x", "blog"])
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)

    edit(campaign, "Mine.")
    drain()

    piece = piece_of(campaign)
    assert (piece.version, piece.fields, piece.origin) == (2, {"text": "Mine."}, "edited")
    assert history(piece) == [(1, "written"), (2, "edited"), (3, "written")]
    assert piece.versions.get(number=3).warnings[0] == (
        "Somebody changed the piece while this was being written, so theirs is shown. Restore this to use it."
    )
    assert piece_of(campaign, "blog").generation == 2


def test_next_edit_has_a_number_of_its_own_after_a_text_was_kept_aside() -> None:
    campaign = written_campaign(channels=["x"])
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    edit(campaign, "Mine.")
    drain()

    edit(campaign, "Mine, better.", base_version=2)

    assert piece_of(campaign).version == 4
    assert history(piece_of(campaign)) == [(1, "written"), (2, "edited"), (3, "written"), (4, "edited")]


# ---- locks


def test_locked_piece_is_left_alone_by_regenerations(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = written_campaign(channels=["x", "blog"])
    ada = create_user(email="ada@example.org")
    services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=ada.id)
    before = piece_of(campaign)
    writer = write_with(monkeypatch, lambda _request: None)

    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()

    after = piece_of(campaign)
    assert writer.asked == ["blog"]
    assert (after.version, after.fields, after.generation) == (1, before.fields, 1)
    assert (after.is_locked, after.locked_by_id) == (True, ada.id)
    assert piece_of(campaign, "blog").generation == 2
    assert Campaign.objects.get().ai_processing_status == "completed"


def test_piece_locked_while_it_is_written_stays_and_the_written_text_is_kept_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = written_campaign(channels=["x"])

    def lock(_request: PieceRequest) -> None:
        services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=None)

    write_with(monkeypatch, lock)
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()

    piece = piece_of(campaign)
    assert (piece.version, piece.is_locked) == (1, True)
    assert piece.versions.get(number=2).warnings[0].startswith("The piece was locked while this was being written")


def test_campaign_whose_pieces_are_all_locked_cannot_be_regenerated() -> None:
    campaign = written_campaign(channels=["x"])
    services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=None)

    with pytest.raises(EverythingLocked):
        services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)

    assert (Campaign.objects.get().generation, Campaign.objects.get().ai_processing_status) == (1, "completed")


def test_locked_piece_can_neither_be_edited_nor_restored_nor_regenerated() -> None:
    campaign = written_campaign(channels=["x"])
    services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=None)
    before = everything()

    for call in (
        lambda: edit(campaign, "Mine."),
        lambda: services.restore_version(campaign_id=campaign.pk, channel="x", number=1, base_version=1, user_id=None),
        lambda: services.regenerate_piece(campaign_id=campaign.pk, channel="x", owner_id=None),
    ):
        with pytest.raises(PieceLocked):
            call()

    assert everything() == before


def test_locking_is_repeatable_and_the_first_to_lock_stays() -> None:
    campaign = written_campaign(channels=["x"])
    ada, bob = (create_user(email=f"{name}@example.org") for name in ("ada", "bob"))

    first = services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=ada.id)
    second = services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=bob.id)

    assert (second.locked_at, second.locked_by_id) == (first.locked_at, ada.id)
    for _ in range(2):
        piece = services.unlock_piece(campaign_id=campaign.pk, channel="x", user_id=bob.id)
        assert (piece.locked_at, piece.locked_by_id) == (None, None)
    edit(campaign, "Mine.")


# ---- versions


def test_restored_version_is_a_new_one_with_the_old_text() -> None:
    ada = create_user(email="ada@example.org")
    campaign = written_campaign(channels=["x"])
    written = piece_of(campaign).fields
    edit(campaign, "Mine.")

    piece = services.restore_version(campaign_id=campaign.pk, channel="x", number=1, base_version=2, user_id=ada.id)

    assert (piece.version, piece.fields, piece.origin) == (3, written, "restored")
    assert history(piece) == [(1, "written"), (2, "edited"), (3, "restored")]
    assert piece.versions.get(number=3).author_id == ada.id


def test_version_is_not_restored_over_a_newer_one() -> None:
    campaign = written_campaign(channels=["x"])
    edit(campaign, "Mine.")

    with pytest.raises(PieceChanged):
        services.restore_version(campaign_id=campaign.pk, channel="x", number=1, base_version=1, user_id=None)
    with pytest.raises(PieceVersionNotFound):
        services.restore_version(campaign_id=campaign.pk, channel="x", number=9, base_version=2, user_id=None)

    assert piece_of(campaign).version == 2


def test_versions_are_listed_newest_first() -> None:
    campaign = written_campaign(channels=["x"])
    edit(campaign, "Mine.")

    assert [row.number for row in services.versions_of(campaign_id=campaign.pk, channel="x")] == [2, 1]


# ---- pieces that nobody asks for


def test_piece_of_a_channel_no_longer_asked_for_stays_until_it_is_removed() -> None:
    campaign = written_campaign(channels=["x", "blog"])
    services.update_campaign(campaign_id=campaign.pk, channels=["blog"])
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()
    assert sorted(ContentPiece.objects.values_list("channel", "generation")) == [("blog", 2), ("x", 1)]

    services.remove_piece(campaign_id=campaign.pk, channel="x")

    assert [piece.channel for piece in ContentPiece.objects.all()] == ["blog"]
    assert set(PieceVersion.objects.values_list("piece__channel", flat=True)) == {"blog"}


def test_piece_that_is_asked_for_or_locked_is_not_removed() -> None:
    campaign = written_campaign(channels=["x", "blog"])

    with pytest.raises(PieceWanted):
        services.remove_piece(campaign_id=campaign.pk, channel="x")
    services.update_campaign(campaign_id=campaign.pk, channels=["blog"])
    services.lock_piece(campaign_id=campaign.pk, channel="x", user_id=None)
    with pytest.raises(PieceLocked):
        services.remove_piece(campaign_id=campaign.pk, channel="x")

    assert ContentPiece.objects.count() == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda pk: services.find_piece(campaign_id=pk, channel="x"),
        lambda pk: services.edit_piece(campaign_id=pk, channel="x", fields={"text": "t"}, base_version=1, user_id=None),
        lambda pk: services.lock_piece(campaign_id=pk, channel="x", user_id=None),
        lambda pk: services.unlock_piece(campaign_id=pk, channel="x", user_id=None),
        lambda pk: services.restore_version(campaign_id=pk, channel="x", number=1, base_version=1, user_id=None),
        lambda pk: services.remove_piece(campaign_id=pk, channel="x"),
        lambda pk: services.versions_of(campaign_id=pk, channel="x"),
        lambda pk: services.regenerate_piece(campaign_id=pk, channel="x", owner_id=None),
    ],
)
def test_piece_that_does_not_exist_is_not_found(call: Any) -> None:
    campaign = make_campaign(channels=["blog"])

    with pytest.raises(PieceNotFound):
        call(campaign.pk)
    with pytest.raises(CampaignNotFound):
        call(campaign.pk + 1)
