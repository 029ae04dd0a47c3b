"""The pages of campaigns, as their reader gets them."""

from html import escape
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.campaigns.services import create_campaign
from nightdesk.engine.models import Job
from nightdesk.providers.text.channels import Channel

pytestmark = pytest.mark.django_db

BRIEF = "A small kettle that boils in 90 seconds. Order it at kettle.example until Friday."


def make_campaign(member: User, name: str = "Kettle", channels: tuple[str, ...] = ("x", "linkedin")) -> Campaign:
    return create_campaign(name=name, brief=BRIEF, channels=channels, created_by_id=member.id)


def add_piece(campaign: Campaign, channel: str, **fields: object) -> ContentPiece:
    return ContentPiece.objects.create(
        campaign=campaign, channel=channel, fields=fields, made_by="template", generation=campaign.generation
    )


def read(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_list_without_campaigns_says_how_to_begin(browser_of_member: Client) -> None:
    assert "There is no campaign yet." in read(browser_of_member, "/campaigns/")


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_queries_whatever_its_length(
    browser_of_member: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        make_campaign(member, name=f"Campaign {number}")
    with django_assert_num_queries(6):  # session, user, count, campaigns, jobs, what the frame counts
        page = read(browser_of_member, "/campaigns/")
    assert [f"Campaign {number}</a>" in page for number in range(4)] == [number < count for number in range(4)]
    assert page.count('class="chip"') == count


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=kett", {"Kettle", "Überkettle"}),
        ("q=ÜBER", {"Überkettle"}),
        ("q=über", {"Überkettle"}),
        ("q=fernweh", {"Lamp"}),
        ("q=%25", set()),
        ("status=failed", {"Lamp"}),
        ("status=writing&q=kettle", {"Kettle", "Überkettle"}),
        ("status=ready", set()),
        ("status=nonsense&q=", {"Kettle", "Überkettle", "Lamp"}),
        ("q=a%00b", set()),
    ],
)
def test_list_is_filtered_by_its_address(browser_of_member: Client, member: User, query: str, names: set[str]) -> None:
    for name in ("Kettle", "Überkettle", "Lamp"):
        make_campaign(member, name=name)
    Campaign.objects.filter(name="Lamp").update(ai_processing_status="failed", product="Fernweh lamp")
    page = read(browser_of_member, f"/campaigns/?{query}")
    assert {name for name in ("Kettle", "Überkettle", "Lamp") if f"{name}</a></h2>" in page} == names
    assert ("No campaign matches." in page) == (not names)


def test_pages_of_a_filtered_list_keep_the_filter(browser_of_member: Client, member: User) -> None:
    for number in range(26):
        make_campaign(member, name=f"Campaign {number:02}", channels=("x",))
    assert 'href="?q=campaign&amp;page=2"' in read(browser_of_member, "/campaigns/?q=campaign")


def test_list_is_cut_into_pages(browser_of_member: Client, member: User) -> None:
    for number in range(26):
        make_campaign(member, name=f"Campaign {number:02}", channels=("x",))
    assert "Page 1 of 2" in read(browser_of_member, "/campaigns/")
    last = read(browser_of_member, "/campaigns/?page=2")
    assert last.count('class="chip"') == 1
    assert "Campaign 00" in last
    assert "Page 2 of 2" in read(browser_of_member, "/campaigns/?page=99")


def test_new_campaign_is_created_and_shown(browser_of_member: Client, member: User) -> None:
    answer = browser_of_member.post(
        "/campaigns/new/",
        {"name": " Kettle ", "brief": BRIEF, "tone": "friendly", "language": "", "channels": ["x", "blog"]},
    )
    campaign = Campaign.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/campaigns/{campaign.pk}/")
    assert (campaign.name, campaign.channels, campaign.language, campaign.created_by) == (
        "Kettle", ["x", "blog"], "en", member,
    )  # fmt: skip
    assert Job.objects.get().subject == f"campaign:{campaign.pk}"
    page = read(browser_of_member, answer["Location"])
    assert page.count("Not written yet. It appears here when it is.") == 2
    assert "No model was asked" not in page


def test_form_keeps_what_was_written_beside_its_complaints(browser_of_member: Client) -> None:
    sent = {"name": "", "brief": "x" * 20_001, "product": '"><b>', "language": "klingon!", "channels": ["x", "fax"]}
    answer = browser_of_member.post("/campaigns/new/", sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "4 fields need another look." in page
    for field, complaint in {
        "name": "Give the campaign a name.",
        "brief": "This must have at most 20,000 characters; it has 20,001. Shorten it.",
        "language": "This must be a language tag such as en, de or pt-BR.",
        "channels": "There is no channel 'fax'.",
    }.items():
        assert f'id="{field}-complaint">{escape(complaint)}' in page
    assert 'value="&quot;&gt;&lt;b&gt;"' in page
    assert "x" * 20_001 in page
    assert "maxlength" not in page.partition("<textarea")[2].partition(">")[0]  # a browser would cut what is pasted
    assert not Campaign.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize(("sent", "kept"), [("a%00b", None), ("half%ED%A0%80", "half\ufffd\ufffd\ufffd")])
def test_text_that_no_database_keeps_is_refused_or_made_storable(
    browser_of_member: Client, sent: str, kept: str | None
) -> None:
    body = f"name={sent}&brief=b&channels=x"
    answer = browser_of_member.post("/campaigns/new/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == (302 if kept else 400)
    assert list(Campaign.objects.values_list("name", flat=True)) == ([kept] if kept else [])


def test_form_without_a_field_is_an_empty_field(browser_of_member: Client) -> None:
    answer = browser_of_member.post("/campaigns/new/", {})
    assert answer.status_code == 400
    assert "3 fields need another look." in answer.content.decode()


def test_sample_fills_the_form(browser_of_member: Client) -> None:
    page = read(browser_of_member, "/campaigns/new/?sample=1")
    assert "Fernweh Kettle" in page
    assert page.count(" checked") == len(Channel)


def test_text_of_people_is_never_markup(browser_of_member: Client, member: User) -> None:
    campaign = make_campaign(member, name="<script>alert(1)</script>")
    add_piece(campaign, "x", text="<img src=x onerror=alert(1)>")
    for path in ("/campaigns/", f"/campaigns/{campaign.pk}/"):
        page = read(browser_of_member, path)
        assert "<script>alert" not in page
        assert "<img" not in page


def test_piece_shows_each_text_with_its_length_and_limit(browser_of_member: Client, member: User) -> None:
    campaign = make_campaign(member, channels=("google_rsa", "x"))
    add_piece(campaign, "google_rsa", headlines=["Quiet", "x" * 31], descriptions=["Boils"], path1="", path2="")
    add_piece(campaign, "x", text="See https://kettle.example/a/very/long/address/that/counts/as/23")
    page = read(browser_of_member, f"/campaigns/{campaign.pk}/")
    assert page.count("Written by template") == 2
    for shown in (
        '<span class="length">5 / 30',
        '<span class="length" data-over>31 / 30',
        '<span class="length">27 / 280',
    ):
        assert shown in page
    assert "Path 1" not in page


def test_part_for_a_live_page_is_the_content_alone(browser_of_member: Client, member: User) -> None:
    campaign = make_campaign(member)
    part = read(browser_of_member, f"/campaigns/{campaign.pk}/", **{"HX-Request": "true"})
    assert "<html" not in part
    assert part.count("data-key=") == 3


def test_stamp_changes_only_where_the_piece_did(browser_of_member: Client, member: User) -> None:
    campaign = make_campaign(member)
    path = f"/campaigns/{campaign.pk}/"

    def stamps() -> dict[str, str]:
        page = read(browser_of_member, path)
        parts = page.split('data-key="')[1:]
        return {part.partition('"')[0]: part.partition('data-stamp="')[2].partition('"')[0] for part in parts}

    before = stamps()
    add_piece(campaign, "x", text="Boil quietly.")
    after = stamps()
    assert {key for key in before if before[key] != after[key]} == {"piece-x"}


def test_failed_campaign_says_why_and_offers_both_ways_on(browser_of_member: Client, member: User) -> None:
    campaign = make_campaign(member)
    Job.objects.filter(subject=campaign.subject).update(state="failed")
    Campaign.objects.update(ai_processing_status="failed", ai_processing_error="The key is wrong. Set NIGHTDESK_KEY.")
    page = read(browser_of_member, f"/campaigns/{campaign.pk}/")
    assert "The key is wrong. Set NIGHTDESK_KEY." in page
    assert f'action="/jobs/{campaign.task_id}/retry/"' in page
    assert f'action="/campaigns/{campaign.pk}/regenerate/"' in page


def test_campaign_whose_job_is_long_gone_still_says_where_it_stands(browser_of_member: Client, member: User) -> None:
    campaign = make_campaign(member)
    Job.objects.all().delete()
    Campaign.objects.update(ai_processing_status="completed")
    for path in ("/campaigns/", f"/campaigns/{campaign.pk}/"):
        assert "Completed" in read(browser_of_member, path)


def test_regenerate_asks_for_the_content_again(browser_of_member: Client, member: User) -> None:
    campaign = make_campaign(member)
    busy = browser_of_member.post(f"/campaigns/{campaign.pk}/regenerate/")
    assert busy.status_code == 409
    assert "This campaign is being written. Wait until it is finished" in busy.content.decode()

    Campaign.objects.update(ai_processing_status="completed")
    piece = add_piece(campaign, "x", text="Old words")
    answer = browser_of_member.post(f"/campaigns/{campaign.pk}/regenerate/")
    assert (answer.status_code, answer["Location"]) == (302, f"/campaigns/{campaign.pk}/")
    assert "From an earlier writing." in read(browser_of_member, answer["Location"])
    assert ContentPiece.objects.get() == piece


def test_campaign_that_is_not_there_is_404_in_plain_words(browser_of_member: Client) -> None:
    for answer in (browser_of_member.get("/campaigns/99/"), browser_of_member.post("/campaigns/99/regenerate/")):
        assert answer.status_code == 404
        assert "There is no such campaign." in answer.content.decode()


def test_chip_cancels_and_retries_its_job(browser_of_member: Client, member: User) -> None:
    campaign = make_campaign(member)
    chip = f"/jobs/{campaign.task_id}"
    waiting = read(browser_of_member, f"{chip}/chip/")
    assert "Waiting" in waiting
    assert "No running worker serves its queue" in waiting

    cancelled = browser_of_member.post(f"{chip}/cancel/", headers={"HX-Request": "true"}).content.decode()
    assert "Cancelled" in cancelled
    assert f'hx-post="{chip}/retry/"' in cancelled
    back = browser_of_member.post(f"{chip}/retry/", headers={"Referer": f"http://testserver/campaigns/{campaign.pk}/"})
    assert (back.status_code, back["Location"]) == (302, f"http://testserver/campaigns/{campaign.pk}/")
    assert Job.objects.get().state == "waiting"
    assert browser_of_member.post(f"{chip}/cancel/", headers={"Referer": "https://evil.example/"})["Location"] == "/"


def test_chip_of_a_job_that_cannot_be_retried_says_so(browser_of_member: Client, member: User) -> None:
    campaign = make_campaign(member)
    answer = browser_of_member.post(f"/jobs/{campaign.task_id}/retry/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_chip_of_a_job_that_never_was_is_404(browser_of_member: Client) -> None:
    assert browser_of_member.get(f"/jobs/{UUID(int=1)}/chip/").status_code == 404
    assert browser_of_member.post(f"/jobs/{UUID(int=1)}/cancel/").status_code == 404
