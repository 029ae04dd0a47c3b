"""Brand kits: versions that never change, names that are one's own, and what a campaign takes from them."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.services import create_user
from nightdesk.campaigns import services
from nightdesk.campaigns.errors import BrandKitArchived, BrandKitChanged, BrandKitNameTaken, BrandKitNotFound
from nightdesk.campaigns.models import BrandKit, BrandKitVersion, Campaign, PieceVersion
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.providers.text.protocol import BrandVoice, PieceRequest
from tests.integration.campaigns.briefs import make_campaign, piece_of, write_with, written_campaign

pytestmark = pytest.mark.django_db


def make_kit(**fields: Any) -> BrandKit:
    given: dict[str, Any] = {"name": "Nimbus", "created_by_id": None}
    return services.create_brand_kit(**(given | fields))


def contents(kit: BrandKit) -> list[tuple[int, str]]:
    return list(kit.versions.order_by("number").values_list("number", "voice"))


def test_new_kit_is_kept_tidy_as_version_one() -> None:
    ada = create_user(email="ada@example.org")

    kit = make_kit(
        name="  Nimbus ",
        voice=" Warm and plain. ",
        audience="People who like coffee",
        words_to_use=["crema", " fresh  beans ", "Crema", ""],
        words_to_avoid=("cheap",),
        colours=[{"name": "Ink", "hex": "#1f6feb"}, {"hex": "#abc"}],
        created_by_id=ada.id,
    )

    version = services.find_brand_version(kit_id=kit.pk)
    assert (kit.name, kit.version, kit.created_by_id) == ("Nimbus", 1, ada.id)
    assert (version.number, version.voice, version.audience) == (1, "Warm and plain.", "People who like coffee")
    assert (version.words_to_use, version.words_to_avoid) == (["crema", "fresh beans"], ["cheap"])
    assert version.colours == [{"name": "Ink", "hex": "#1F6FEB"}, {"name": "", "hex": "#AABBCC"}]
    assert version.brand_voice == BrandVoice(
        voice="Warm and plain.",
        audience="People who like coffee",
        words_to_use=["crema", "fresh beans"],
        words_to_avoid=["cheap"],
    )


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", " ", "Give the brand kit a name."),
        ("name", "x" * 121, "This must have at most 120 characters; it has 121. Shorten it."),
        ("name", "nul \x00", "This text holds a NUL character or half a character. Remove it."),
        ("voice", "half \ud800", "This text holds a NUL character or half a character. Remove it."),
        ("voice", "x" * 1_000_000, "This must have at most 2,000 characters; it has 1,000,000. Shorten it."),
        ("audience", 7, "This must be text."),
        ("words_to_use", "crema", "This must be a list of words."),
        ("words_to_use", ["ok", 7], "Word 2: This must be text."),
        ("words_to_avoid", ["a\x00"], "Word 1: This text holds a NUL character or half a character. Remove it."),
        ("words_to_avoid", ["x" * 81], "Word 1: This must have at most 80 characters; it has 81. Shorten it."),
        ("words_to_avoid", [str(n) for n in range(101)], "There can be at most 100 words; there are 101. Remove some."),
        ("colours", {"hex": "#fff"}, "This must be a list of colours."),
        ("colours", ["red"], "Colour 1: Give it a name and a hex value such as #1F6FEB."),
        ("colours", [{"name": "red"}], "Colour 1: Give it a name and a hex value such as #1F6FEB."),
        ("colours", [{"hex": "#fff", "alpha": 1}], "Colour 1: Give it a name and a hex value such as #1F6FEB."),
        ("colours", [{"hex": "#fff"}, {"hex": "red"}], "Colour 2: The hex value must look like #1F6FEB."),
        ("colours", [{"hex": "#12345"}], "Colour 1: The hex value must look like #1F6FEB."),
        ("colours", [{"hex": 0xFFFFFF}], "Colour 1: This must be text."),
        (
            "colours",
            [{"hex": "#fff", "name": "x" * 41}],
            "Colour 1: This must have at most 40 characters; it has 41. Shorten it.",
        ),
        ("colours", [{"hex": "#fff"}] * 13, "There can be at most 12 colours; there are 13. Remove some."),
    ],
)
def test_kit_that_cannot_be_kept_is_refused_in_plain_words(field: str, value: Any, complaint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_kit(**{field: value})

    assert refused.value.details == {field: [complaint]}
    assert (BrandKit.objects.count(), BrandKitVersion.objects.count()) == (0, 0)


def test_word_cannot_be_wanted_and_forbidden() -> None:
    with pytest.raises(InvalidInput) as refused:
        make_kit(words_to_use=["Crema"], words_to_avoid=["crema"])

    assert list(refused.value.details) == ["words_to_avoid"]


@pytest.mark.parametrize("name", ["Café Ümit", "café ümit", "CAFE\u0301 U\u0308MIT", " Café   Ümit "])
def test_name_is_taken_in_whatever_case(name: str) -> None:
    make_kit(name="Café Ümit")

    with pytest.raises(BrandKitNameTaken):
        make_kit(name=name)

    assert (BrandKit.objects.count(), BrandKitVersion.objects.count()) == (1, 1)


def test_longest_name_that_grows_when_folded_is_kept() -> None:
    name = "ﷺ" * 120  # each is 18 characters in NFKC

    assert make_kit(name=name).name == name


def test_change_is_a_new_version_and_the_old_one_stays() -> None:
    ada = create_user(email="ada@example.org")
    kit = make_kit(voice="Warm.", words_to_avoid=["cheap"])

    changed = services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=ada.id, voice="Cool.")

    assert changed.version == 2
    assert contents(kit) == [(1, "Warm."), (2, "Cool.")]
    newest = services.find_brand_version(kit_id=kit.pk)
    assert (newest.words_to_avoid, newest.created_by_id) == (["cheap"], ada.id)


def test_name_alone_and_no_change_at_all_make_no_version() -> None:
    kit = make_kit(voice="Warm.")

    services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, name="Nimbus Two")
    services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, voice=" Warm. ")

    assert contents(kit) == [(1, "Warm.")]
    assert services.find_brand_kit(kit_id=kit.pk).name == "Nimbus Two"


def test_second_of_two_is_told_and_nothing_of_the_first_is_lost() -> None:
    kit = make_kit(voice="Warm.")
    services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, voice="First.")

    with pytest.raises(BrandKitChanged):
        services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, voice="Second.")

    assert contents(kit) == [(1, "Warm."), (2, "First.")]


def test_refused_change_leaves_everything_as_it_was() -> None:
    kit, other = make_kit(voice="Warm."), make_kit(name="Other")
    before = list(BrandKit.objects.order_by("id").values())

    with pytest.raises(BrandKitNameTaken):
        services.update_brand_kit(kit_id=other.pk, base_version=1, user_id=None, name="NIMBUS", voice="New.")
    with pytest.raises(InvalidInput):
        services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, colours=[{"hex": "no"}])
    with pytest.raises(InvalidInput):
        services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, font="Arial")  # type: ignore[call-arg]

    assert list(BrandKit.objects.order_by("id").values()) == before
    assert BrandKitVersion.objects.count() == 2


def test_archived_kit_frees_its_name_and_comes_back_only_to_a_free_one() -> None:
    kit = make_kit()
    services.archive_brand_kit(kit_id=kit.pk)
    archived_at = services.archive_brand_kit(kit_id=kit.pk).archived_at
    assert archived_at == services.find_brand_kit(kit_id=kit.pk).archived_at is not None
    other = make_kit(name="nimbus")

    with pytest.raises(BrandKitNameTaken):
        services.restore_brand_kit(kit_id=kit.pk)
    services.archive_brand_kit(kit_id=other.pk)

    assert services.restore_brand_kit(kit_id=kit.pk).archived_at is None
    assert services.restore_brand_kit(kit_id=kit.pk).archived_at is None


def test_archived_kit_cannot_be_changed() -> None:
    kit = services.archive_brand_kit(kit_id=make_kit().pk)

    with pytest.raises(BrandKitArchived):
        services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, voice="New.")


@pytest.mark.parametrize(
    "call",
    [
        lambda: services.find_brand_kit(kit_id=7),
        lambda: services.find_brand_version(kit_id=7),
        lambda: services.update_brand_kit(kit_id=7, base_version=1, user_id=None, voice="x"),
        lambda: services.archive_brand_kit(kit_id=7),
        lambda: services.restore_brand_kit(kit_id=7),
    ],
)
def test_kit_that_does_not_exist_is_not_found(call: Any) -> None:
    with pytest.raises(BrandKitNotFound):
        call()


@pytest.mark.parametrize("kits", [1, 3])
def test_list_of_kits_is_one_statement(django_assert_num_queries: DjangoAssertNumQueries, kits: int) -> None:
    for number in range(kits):
        kit = make_kit(name=f"Kit {number}")
        services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, voice="Newer.")

    with django_assert_num_queries(1):
        shown = [(row.kit.name, row.number, row.voice) for row in services.newest_versions().order_by("kit_id")]

    assert shown == [(f"Kit {number}", 2, "Newer.") for number in range(kits)]


# ---- a campaign and its kit


def test_pieces_are_written_with_the_kit_as_it_was_when_they_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    voices: list[str] = []

    def note(request: PieceRequest) -> None:
        assert request.brand is not None
        voices.append(request.brand.voice)

    write_with(monkeypatch, note)
    kit = make_kit(voice="First.")
    campaign = make_campaign(channels=["x"], brand_kit_id=kit.pk)
    services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, voice="Second.")

    drain()
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()

    assert voices == ["First.", "Second."]
    written_with = PieceVersion.objects.order_by("number").values_list("brand_version__number", flat=True)
    assert list(written_with) == [1, 2]
    assert Campaign.objects.get().brand_version == services.find_brand_version(kit_id=kit.pk)


def test_campaign_without_a_kit_is_written_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    brands: list[object] = []
    write_with(monkeypatch, lambda request: brands.append(request.brand))

    written_campaign(channels=["x"])

    assert brands == [None]


@pytest.mark.parametrize("is_archived", [False, True])
def test_absent_and_archived_kits_cannot_be_chosen(*, is_archived: bool) -> None:
    campaign = written_campaign(channels=["x"])
    kit_id = services.archive_brand_kit(kit_id=make_kit().pk).pk if is_archived else 7
    before = Campaign.objects.values().get()

    calls: list[Callable[[], Campaign]] = [
        lambda: make_campaign(brand_kit_id=kit_id),
        lambda: services.update_campaign(campaign_id=campaign.pk, brand_kit_id=kit_id, name="New"),
    ]
    for call in calls:
        with pytest.raises(InvalidInput) as refused:
            call()
        assert list(refused.value.details) == ["brand_kit_id"]

    assert Campaign.objects.values().get() == before
    assert Job.objects.count() == 1


def test_campaign_keeps_a_kit_that_was_archived_after_it_was_chosen() -> None:
    kit = make_kit(voice="Warm.")
    campaign = written_campaign(channels=["x"], brand_kit_id=kit.pk)
    services.archive_brand_kit(kit_id=kit.pk)

    changed = services.update_campaign(campaign_id=campaign.pk, brand_kit_id=kit.pk, name="Winter")
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()

    assert (changed.name, changed.brand_kit_id) == ("Winter", kit.pk)
    assert piece_of(campaign).versions.get(number=2).brand_version == services.find_brand_version(kit_id=kit.pk)


def test_kit_that_forbids_what_the_brief_demands_is_said_and_is_no_error() -> None:
    kit = make_kit(words_to_avoid=["cheap", "free delivery", "espresso"])

    campaign = written_campaign(
        channels=["x"],
        name="Cheap autumn",
        product="Nimbus",
        brief="Nimbus is cheap. Free  Delivery.",
        brand_kit_id=kit.pk,
    )

    said = "The {} says {}, which the brand kit “Nimbus” forbids. Change the {} or the brand kit; "
    said += "until then pieces may say it or may leave it out."
    assert campaign.brand_warnings == [
        said.format("name", "“cheap”", "name"),
        said.format("brief", "“cheap”, “free delivery”", "brief"),
    ]


def test_conflict_is_looked_for_again_with_each_change_and_regeneration() -> None:
    kit = make_kit(words_to_avoid=["cheap"])
    campaign = written_campaign(channels=["x"], brief="Nimbus is a machine.", brand_kit_id=kit.pk)
    assert campaign.brand_warnings == []

    def warnings() -> int:
        return len(Campaign.objects.get().brand_warnings)

    services.update_campaign(campaign_id=campaign.pk, brief="Nimbus is a cheap machine.")
    assert warnings() == 1
    services.update_campaign(campaign_id=campaign.pk, tone="warm")
    assert warnings() == 1
    services.update_campaign(campaign_id=campaign.pk, brand_kit_id=None)
    assert warnings() == 0
    services.update_campaign(campaign_id=campaign.pk, brand_kit_id=kit.pk)
    assert warnings() == 1
    services.update_brand_kit(kit_id=kit.pk, base_version=1, user_id=None, words_to_avoid=[])
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    assert warnings() == 0


def test_kit_is_not_changed_under_a_writing_that_is_under_way() -> None:
    from nightdesk.campaigns.errors import CampaignBusy

    campaign, kit = make_campaign(), make_kit()

    with pytest.raises(CampaignBusy):
        services.update_campaign(campaign_id=campaign.pk, brand_kit_id=kit.pk)

    assert Campaign.objects.get().brand_kit_id is None


def test_piece_that_holds_a_forbidden_word_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    kit = make_kit(words_to_avoid=["NIMBUS", "unheard"])  # the product's own name: no writer can do without it

    campaign = written_campaign(channels=["linkedin"], brand_kit_id=kit.pk)

    said = [warning for warning in piece_of(campaign, "linkedin").warnings if "brand kit" in warning]
    assert said == ["It says “NIMBUS”, which the brand kit forbids. Edit the text, or change the kit."]
