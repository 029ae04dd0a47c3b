"""Brand kits on their pages."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.campaigns.models import BrandKit, BrandKitVersion, Campaign
from nightdesk.campaigns.services import archive_brand_kit, create_brand_kit, update_brand_kit

pytestmark = pytest.mark.django_db
SENT = {
    "name": "Fernweh",
    "voice": "Warm.\r\nDry.",
    "audience": "Everybody",
    "words_to_use": "quiet\r\n\r\nrepair",
    "words_to_avoid": "cheap",
    "colour_name": ["Night", "", ""],
    "colour_hex": ["#1b2a4a", "", ""],
}


@pytest.fixture
def kit(member: User) -> BrandKit:
    return create_brand_kit(name="Fernweh", voice="Warm.", words_to_avoid=["cheap"], created_by_id=member.pk)


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_new_kit_is_made_and_shown(browser_of_member: Client) -> None:
    answer = browser_of_member.post("/brand-kits/new/", SENT)
    version = BrandKitVersion.objects.select_related("kit").get()
    assert (answer.status_code, answer["Location"]) == (302, f"/brand-kits/{version.kit_id}/")
    assert (version.kit.name, version.voice, version.words_to_use, version.words_to_avoid, version.colours) == (
        "Fernweh", "Warm.\nDry.", ["quiet", "repair"], ["cheap"], [{"name": "Night", "hex": "#1B2A4A"}],
    )  # fmt: skip
    page = read(browser_of_member, answer["Location"])
    assert 'fill="#1B2A4A"' in page
    assert "style=" not in page


def test_form_keeps_what_was_written_beside_its_complaints(browser_of_member: Client, kit: BrandKit) -> None:
    answer = browser_of_member.post("/brand-kits/new/", {**SENT, "colour_hex": ["blue-ish", "", ""]})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Colour 1: The hex value must look like #1F6FEB." in page
    assert 'value="blue-ish"' in page
    assert "quiet\nrepair</textarea>" in page
    taken = browser_of_member.post("/brand-kits/new/", {**SENT, "name": "FERNWEH"})
    assert taken.status_code == 409
    assert "Another brand kit has this name." in taken.content.decode()
    assert BrandKit.objects.count() == 1


def test_change_is_a_new_version_and_the_old_one_stays_to_be_read(browser_of_member: Client, kit: BrandKit) -> None:
    edit = f"/brand-kits/{kit.pk}/edit/"
    assert 'name="version" value="1"' in read(browser_of_member, edit)
    assert browser_of_member.post(edit, {**SENT, "version": 1}).status_code == 302
    assert "Dry." in read(browser_of_member, f"/brand-kits/{kit.pk}/")
    assert "Dry." not in read(browser_of_member, f"/brand-kits/{kit.pk}/?version=1")


def test_second_of_two_editors_sees_both_and_loses_nothing(
    browser_of_member: Client, kit: BrandKit, operator: User
) -> None:
    update_brand_kit(kit_id=kit.pk, base_version=1, user_id=operator.pk, voice="Theirs.")
    answer = browser_of_member.post(f"/brand-kits/{kit.pk}/edit/", {**SENT, "version": 1})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody was faster." in page
    assert "Theirs." in page
    assert "Warm.\nDry.</textarea>" in page
    assert browser_of_member.post(f"/brand-kits/{kit.pk}/edit/", {**SENT, "version": 2}).status_code == 302
    assert BrandKit.objects.get().version == 3


def test_archived_kit_is_kept_and_comes_back(browser_of_member: Client, kit: BrandKit) -> None:
    browser_of_member.post(f"/brand-kits/{kit.pk}/archive/")
    assert "no new campaign can choose it" in read(browser_of_member, f"/brand-kits/{kit.pk}/")
    assert 'id="archived"' in read(browser_of_member, "/brand-kits/")
    assert f'value="{kit.pk}"' not in read(browser_of_member, "/campaigns/new/")
    browser_of_member.post(f"/brand-kits/{kit.pk}/restore/")
    assert f'value="{kit.pk}"' in read(browser_of_member, "/campaigns/new/")


def test_campaign_is_written_with_its_kit_and_says_what_the_kit_forbids(
    browser_of_member: Client, kit: BrandKit
) -> None:
    sent = {"name": "Sale", "brief": "The cheap kettle.", "channels": ["x"], "brand_kit_id": str(kit.pk)}
    page = read(browser_of_member, browser_of_member.post("/campaigns/new/", sent)["Location"])
    assert Campaign.objects.get().brand_kit == kit
    assert f'href="/brand-kits/{kit.pk}/">Fernweh</a>' in page
    assert Campaign.objects.get().brand_warnings
    assert page.count('<p class="note">') == len(Campaign.objects.get().brand_warnings)


@pytest.mark.parametrize("chosen", ["x", "999", "9" * 30])
def test_kit_that_is_not_there_is_no_reason_to_lose_the_brief(browser_of_member: Client, chosen: str) -> None:
    sent = {"name": "Sale", "brief": "The kettle.", "channels": ["x"], "brand_kit_id": chosen}
    answer = browser_of_member.post("/campaigns/new/", sent)
    if chosen == "999":
        assert answer.status_code == 400
        assert "There is no such brand kit." in answer.content.decode()
        assert "The kettle.</textarea>" in answer.content.decode()
    else:  # no number of a kit at all: none was chosen
        assert answer.status_code == 302


@pytest.mark.parametrize("count", [1, 3, 20])
def test_list_costs_the_same_queries_whatever_its_length(
    browser_of_member: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        create_brand_kit(name=f"Kit {number}", colours=[{"name": "Night", "hex": "#123"}], created_by_id=None)
    with django_assert_num_queries(4):  # session, user, kits, what the frame counts
        page = read(browser_of_member, "/brand-kits/")
    assert page.count('fill="#112233"') == count


def test_kit_that_is_not_there_is_404(browser_of_member: Client, kit: BrandKit) -> None:
    archive_brand_kit(kit_id=kit.pk)
    for path in ("/brand-kits/99/", "/brand-kits/99/edit/"):
        assert browser_of_member.get(path).status_code == 404
    assert browser_of_member.post(f"/brand-kits/{kit.pk}/edit/", {**SENT, "version": 1}).status_code == 409
