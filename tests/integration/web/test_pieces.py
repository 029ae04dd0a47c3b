"""One piece of a campaign on its pages: edit, lock, write anew, compare, restore."""

from html import escape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.accounts.services import create_user
from nightdesk.campaigns.jobs import WritePiece
from nightdesk.campaigns.models import Campaign, ContentPiece, PieceVersion
from nightdesk.campaigns.services import create_campaign, edit_piece, lock_piece, update_campaign
from nightdesk.engine.models import Job
from nightdesk.engine.testing import assert_enqueued, drain
from nightdesk.web.versions import PAGE_SIZE
from tests.integration.web.conftest import BACKEND

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}
BRIEF = "A small kettle that boils in 90 seconds. Order it at kettle.example until Friday."


@pytest.fixture
def campaign(member: User) -> Campaign:
    """Give a campaign whose pieces are written."""
    made = create_campaign(name="Kettle", brief=BRIEF, channels=["x", "email", "google_rsa"], created_by_id=member.pk)
    drain()
    return made


@pytest.fixture
def browser_of_noor(db: None) -> Client:
    noor = create_user(email="noor@example.org", first_name="Noor")
    browser = Client()
    browser.force_login(noor, backend=BACKEND)
    return browser


def path(campaign: Campaign, channel: str, what: str = "") -> str:
    return f"/campaigns/{campaign.pk}/pieces/{channel}/{what}"


def current(channel: str = "x") -> ContentPiece:
    return ContentPiece.objects.get(channel=channel)


def test_edited_piece_is_the_next_version_by_its_author(browser_of_member: Client, campaign: Campaign) -> None:
    answer = browser_of_member.post(path(campaign, "x", "edit/"), {"text": "Mine.", "version": 1})
    assert (answer.status_code, answer["Location"]) == (302, f"/campaigns/{campaign.pk}/#piece-x")
    piece = current()
    assert (piece.fields, piece.version) == ({"text": "Mine."}, 2)
    page = browser_of_member.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert "Written by template, edited" in page
    assert "Version 2" in page
    assert "Saved." in page


def test_edited_piece_comes_back_as_its_card_to_an_open_page(browser_of_member: Client, campaign: Campaign) -> None:
    sent = {"text": "Line one.\r\nLine two.", "version": 1}
    answer = browser_of_member.post(path(campaign, "x", "edit/"), sent, headers=PART)
    card = answer.content.decode()
    assert "<html" not in card
    assert 'data-key="piece-x"' in card
    assert answer["HX-Trigger"] == '{"nightdesk:said": {"text": "Saved."}}'
    assert current().fields["text"] == "Line one.\nLine two."


def test_empty_texts_of_a_list_are_left_out(browser_of_member: Client, campaign: Campaign) -> None:
    sent = {
        "headlines": ["One", " ", "Two", "Three", ""],
        "descriptions": ["First of them", "Second of them"],
        "path1": "",
        "path2": "",
        "version": 1,
    }
    assert browser_of_member.post(path(campaign, "google_rsa", "edit/"), sent).status_code == 302
    assert current("google_rsa").fields["headlines"] == ["One", "Two", "Three"]


def test_text_that_the_platform_refuses_stays_in_the_form(browser_of_member: Client, campaign: Campaign) -> None:
    text = "long " * 60
    answer = browser_of_member.post(path(campaign, "x", "edit/"), {"text": text, "version": 1})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "The platform would refuse this." in page
    assert "X allows 280" in page
    assert text.strip() in page
    assert 'aria-invalid="true"' in page
    assert current().version == 1


def test_only_the_text_that_is_too_long_is_marked_in_a_list(browser_of_member: Client, campaign: Campaign) -> None:
    sent = {"headlines": ["One", "two " * 20, "Three"], "descriptions": ["First.", "Second."], "version": 1}
    page = browser_of_member.post(path(campaign, "google_rsa", "edit/"), sent).content.decode()
    marked = [part for part in page.split("<textarea")[1:] if 'aria-invalid="true"' in part.partition(">")[0]]
    assert [part.partition(">")[2].partition("</textarea>")[0].strip() for part in marked] == [("two " * 20).strip()]


def test_second_of_two_editors_sees_both_texts(
    browser_of_member: Client, browser_of_noor: Client, campaign: Campaign
) -> None:
    browser_of_member.post(path(campaign, "x", "edit/"), {"text": "Mia was here", "version": 1})
    answer = browser_of_noor.post(path(campaign, "x", "edit/"), {"text": "Noor's <b>words</b>", "version": 1})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Mia was faster." in page
    assert '<p dir="auto">Mia was here</p>' in page
    assert escape("Noor's <b>words</b>") in page
    assert '<input type="hidden" name="version" value="2">' in page
    assert current().fields["text"] == "Mia was here"

    browser_of_noor.post(path(campaign, "x", "edit/"), {"text": "Noor's words", "version": 2})
    assert current().fields["text"] == "Noor's words"
    assert PieceVersion.objects.filter(piece=current()).count() == 3


def test_text_for_a_piece_that_was_locked_meanwhile_stays_in_the_form(
    browser_of_member: Client, campaign: Campaign
) -> None:
    lock_piece(campaign_id=campaign.pk, channel="x", user_id=None)
    answer = browser_of_member.post(path(campaign, "x", "edit/"), {"text": "Mine", "version": 1}, headers=PART)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This piece is locked." in page
    assert "Mine</textarea>" in page
    assert 'name="unlock" value="yes">Unlock and save' in page

    saved = browser_of_member.post(path(campaign, "x", "edit/"), {"text": "Mine", "version": 1, "unlock": "yes"})
    assert saved.status_code == 302
    assert (current().fields["text"], current().is_locked) == ("Mine", False)


def test_locked_piece_is_left_alone_until_it_is_unlocked(browser_of_member: Client, campaign: Campaign) -> None:
    card = browser_of_member.post(path(campaign, "x", "lock/"), headers=PART).content.decode()
    assert "Locked" in card
    assert "Regenerating leaves it as it is." in card
    refused = browser_of_member.post(path(campaign, "x", "regenerate/"), headers=PART)
    assert (refused.status_code, refused.content.decode()) == (409, "This piece is locked. Unlock it first.")
    assert "Locked" not in browser_of_member.post(path(campaign, "x", "unlock/"), headers=PART).content.decode()
    assert browser_of_member.post(path(campaign, "x", "regenerate/")).status_code == 302


def test_piece_is_written_anew_with_a_wish(browser_of_member: Client, campaign: Campaign) -> None:
    sent = {"wish": "Say that it is quiet"}
    card = browser_of_member.post(path(campaign, "x", "regenerate/"), sent, headers=PART).content.decode()
    assert "Waiting" in card
    assert "Redo" not in card
    job = assert_enqueued(WritePiece(campaign_id=campaign.pk, channel="x", base_version=1, wish="Say that it is quiet"))
    assert f'data-job="{job.pk}"' in card
    busy = browser_of_member.post(path(campaign, "x", "regenerate/"), headers=PART)
    assert busy.status_code == 409
    drain()
    assert "Version 2" in browser_of_member.get(path(campaign, "x"), headers=PART).content.decode()


def test_versions_are_compared_and_restored(browser_of_member: Client, campaign: Campaign, member: User) -> None:
    first = current().fields["text"]
    edit_piece(campaign_id=campaign.pk, channel="x", fields={"text": "Second"}, base_version=1, user_id=member.pk)
    edit_piece(campaign_id=campaign.pk, channel="x", fields={"text": "Third"}, base_version=2, user_id=member.pk)
    versions = path(campaign, "x", "versions/")
    page = browser_of_member.get(versions).content.decode()
    assert "From version 2 to 3" in page
    assert "<del>Second</del><ins>Third</ins>" in page
    assert "From version 1 to 3" in browser_of_member.get(f"{versions}?from=1&to=3").content.decode()
    assert "From version 1 to 2" in browser_of_member.get(f"{versions}?from=x&to=2").content.decode()

    browser_of_member.post(f"{versions}1/restore/", {"version": 3})
    assert (current().fields["text"], current().version) == (first, 4)
    assert browser_of_member.post(f"{versions}1/restore/", {"version": 3}).status_code == 409
    assert browser_of_member.post(f"{versions}9/restore/", {"version": 4}).status_code == 404


@pytest.mark.parametrize("count", [1, 3, 20])
def test_versions_cost_the_same_queries_whatever_their_number(
    browser_of_member: Client,
    campaign: Campaign,
    member: User,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(1, count):
        fields = {"text": f"Text {number}"}
        edit_piece(campaign_id=campaign.pk, channel="x", fields=fields, base_version=number, user_id=member.pk)
    # session, user, the piece (twice: once by the service), versions and their number, frame
    with django_assert_num_queries(7):
        page = browser_of_member.get(path(campaign, "x", "versions/")).content.decode()
    assert page.count("<strong>Version ") == count


def test_versions_come_in_pages_and_any_two_are_compared(
    browser_of_member: Client, campaign: Campaign, member: User
) -> None:
    for number in range(1, PAGE_SIZE + 5):
        fields = {"text": f"Text {number}"}
        edit_piece(campaign_id=campaign.pk, channel="x", fields=fields, base_version=number, user_id=member.pk)
    versions = path(campaign, "x", "versions/")
    newest, older = (browser_of_member.get(f"{versions}?page={page}").content.decode() for page in (1, 2))
    assert (newest.count("<strong>Version "), older.count("<strong>Version ")) == (PAGE_SIZE, 5)
    assert f"From version {PAGE_SIZE + 4} to {PAGE_SIZE + 5}" in newest
    assert f"From version {PAGE_SIZE + 4} to {PAGE_SIZE + 5}" in older

    for asked, said in (("?page=2&from=2&to=28", "From version 2 to 28"), ("?from=1&to=5", "From version 1 to 5")):
        assert said in browser_of_member.get(f"{versions}{asked}").content.decode()
    assert "From version 5 to 6" in browser_of_member.get(f"{versions}?page=1&to=6").content.decode()
    assert "From version 1 to 1" in browser_of_member.get(f"{versions}?page=2&to=1").content.decode()


def test_campaign_costs_the_same_queries_whatever_is_being_written_anew(
    browser_of_member: Client, campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for channel in ("x", "email", "google_rsa"):
        browser_of_member.post(path(campaign, channel, "regenerate/"))
    Job.objects.filter(kind="campaigns.write_piece").update(state="running")
    # session, user, campaign, pieces, the campaign's job, the pieces' jobs, cost, what the frame counts
    with django_assert_num_queries(8):
        page = browser_of_member.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert page.count('class="chip"') == 4


def test_piece_of_a_channel_no_longer_asked_for_is_removed(browser_of_member: Client, campaign: Campaign) -> None:
    assert browser_of_member.post(path(campaign, "x", "remove/")).status_code == 409
    update_campaign(campaign_id=campaign.pk, channels=["email"])
    assert (
        "The campaign no longer asks for this channel."
        in browser_of_member.get(f"/campaigns/{campaign.pk}/").content.decode()
    )
    browser_of_member.post(path(campaign, "x", "remove/"))
    assert not ContentPiece.objects.filter(channel="x").exists()


@pytest.mark.parametrize("channel", ["fax", "linkedin"])
def test_piece_that_is_not_there_is_404(browser_of_member: Client, campaign: Campaign, channel: str) -> None:
    for what in ("", "edit/", "versions/"):
        assert browser_of_member.get(path(campaign, channel, what)).status_code == 404
    for what in ("edit/", "lock/", "unlock/", "regenerate/", "remove/", "versions/1/restore/"):
        assert browser_of_member.post(path(campaign, channel, what), {"version": 1}).status_code == 404


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 20])
def test_form_without_its_version_is_refused(browser_of_member: Client, campaign: Campaign, version: str) -> None:
    answer = browser_of_member.post(path(campaign, "x", "edit/"), {"text": "Mine", "version": version})
    assert answer.status_code == 400
    assert current().version == 1


def test_brief_is_changed_and_texts_stay_until_they_are_regenerated(
    browser_of_member: Client, campaign: Campaign
) -> None:
    edit = f"/campaigns/{campaign.pk}/edit/"
    assert escape(BRIEF) in browser_of_member.get(edit).content.decode()
    sent = {"name": "Kettle", "brief": "A new brief.", "channels": ["x"], "language": "en", "brand_kit_id": ""}
    assert browser_of_member.post(edit, sent).status_code == 302
    assert Campaign.objects.get().brief == "A new brief."
    browser_of_member.post(f"/campaigns/{campaign.pk}/regenerate/")
    busy = browser_of_member.post(edit, {**sent, "brief": "Newer still."})
    assert busy.status_code == 409
    assert "Newer still.</textarea>" in busy.content.decode()
    assert browser_of_member.post(edit, {**sent, "brief": ""}).status_code == 400


def test_campaign_is_deleted_for_good(browser_of_member: Client, campaign: Campaign) -> None:
    answer = browser_of_member.post(f"/campaigns/{campaign.pk}/delete/")
    assert (answer.status_code, answer["Location"]) == (302, "/campaigns/")
    assert not Campaign.objects.exists()
