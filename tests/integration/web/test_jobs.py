"""A job in full: the drawer, and the page that stands in for it without scripts."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from nightdesk.accounts.models import User
from nightdesk.accounts.services import create_user
from nightdesk.campaigns.models import Campaign
from nightdesk.campaigns.services import create_campaign
from nightdesk.engine.arguments import KINDS, Kind, register
from nightdesk.engine.endings import JobError
from nightdesk.engine.enqueue import enqueue_named
from nightdesk.engine.models import Attempt, Job, JobPayload
from tests.integration.web.conftest import BACKEND

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}


@pytest.fixture
def campaign(member: User) -> Campaign:
    return create_campaign(name="Kettle", brief="A kettle.", channels=["x"], created_by_id=member.pk)


@pytest.fixture
def secret_kind() -> Iterator[str]:
    kind = register(Kind(name="tests.sealed", sensitive=True, title="Send a sealed letter."))
    yield kind.name
    del KINDS[kind.name]


def read(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def fail(campaign: Campaign) -> None:
    assert campaign.task_id is not None
    now = timezone.now()
    error = JobError(code="transient", message="The service is away. Try again.", type="Transient")
    JobPayload.objects.filter(pk=campaign.task_id).update(error=error.to_json())
    started = now - timedelta(minutes=1)
    Job.objects.filter(pk=campaign.task_id).update(
        state="failed", created_at=now - timedelta(minutes=4), started_at=started, finished_at=now, runs=2
    )
    for number, (began, ended, outcome) in enumerate([(3, 2, "retry"), (1, 0, "failed")], start=1):
        Attempt.objects.create(
            job_id=campaign.task_id,
            number=number,
            outcome=outcome,
            error=f"Away {number}",
            traceback="Traceback of ours",
            started_at=now - timedelta(minutes=began),
            finished_at=now - timedelta(minutes=ended),
        )


def test_failed_job_says_what_happened_and_when(browser_of_member: Client, campaign: Campaign) -> None:
    fail(campaign)
    page = read(browser_of_member, f"/jobs/{campaign.task_id}/")
    for words in ("The service is away. Try again.", "Away 1", "Away 2", "run 1", "run 2", ">Kettle</a>", "1 min 0 s"):
        assert words in page
    story = page.partition('<ol class="story">')[2].partition("</ol>")[0]
    assert [part.partition('"')[0] for part in story.split('<li data-look="')[1:]] == [
        "waiting", "late", "waiting", "failed",
    ]  # fmt: skip
    bars = page.partition('class="story-bar"')[2].partition("</svg>")[0]
    widths = [float(part.partition('"')[0]) for part in bars.split(' width="')[1:]]
    assert sum(widths) == pytest.approx(1000, abs=1)
    assert f'action="/jobs/{campaign.task_id}/retry/"' in page


def test_waiting_job_says_why(browser_of_member: Client, campaign: Campaign) -> None:
    part = read(browser_of_member, f"/jobs/{campaign.task_id}/", **PART)
    assert "<html" not in part
    assert "Why it waits" in part
    assert "No running worker serves its queue and knows its kind. Start one." in part
    assert "Its queue is on." in part


def test_what_was_asked_is_shown_without_secrets(browser_of_member: Client, member: User) -> None:
    kind = register(Kind(name="tests.asked"))
    try:
        job = enqueue_named(kind.name, [], {"to": "shop", "api_key": "sk-1234567890abcdefghij"}, owner_id=member.pk)
        page = read(browser_of_member, f"/jobs/{job}/")
    finally:
        del KINDS[kind.name]
    assert "&quot;to&quot;: &quot;shop&quot;" in page
    assert "[hidden]" in page
    assert "sk-1234567890" not in page


def test_sensitive_job_is_open_to_its_owner_alone(
    browser_of_member: Client, member: User, operator: User, secret_kind: str
) -> None:
    mine = enqueue_named(secret_kind, [], {"text": "for my eyes"}, owner_id=member.pk)
    other = enqueue_named(secret_kind, [], {"text": "for others"}, owner_id=operator.pk)
    assert "for my eyes" in read(browser_of_member, f"/jobs/{mine}/")
    page = read(browser_of_member, f"/jobs/{other}/")
    assert "for others" not in page
    assert "What this job carries is for its owner only." in page


def test_traceback_and_kind_are_for_operators(browser_of_member: Client, operator: User, campaign: Campaign) -> None:
    fail(campaign)
    page = read(browser_of_member, f"/jobs/{campaign.task_id}/")
    assert "Traceback of ours" not in page
    assert "campaigns.write_campaign" not in page
    browser = Client()
    browser.force_login(operator, backend=BACKEND)
    page = read(browser, f"/jobs/{campaign.task_id}/")
    assert "Traceback of ours" in page
    assert "campaigns.write_campaign" in page


@pytest.mark.parametrize(("done", "state"), [("yes", "succeeded"), ("no", "failed")])
def test_job_in_doubt_is_decided_by_a_person(
    browser_of_member: Client, campaign: Campaign, done: str, state: str
) -> None:
    Job.objects.update(state="unknown", finished_at=timezone.now())
    path = f"/jobs/{campaign.task_id}/"
    assert "Was it done?" in read(browser_of_member, path)
    refused = browser_of_member.post(f"{path}retry/")
    assert refused.status_code == 409
    assert browser_of_member.post(f"{path}decide/", {"done": done}).status_code == 302
    assert Job.objects.get().state == state


def test_job_in_doubt_runs_again_when_a_person_says_that_it_was_not_done(
    browser_of_member: Client, campaign: Campaign
) -> None:
    Job.objects.update(state="unknown", finished_at=timezone.now())
    browser_of_member.post(f"/jobs/{campaign.task_id}/retry/", {"confirm": "not_done"})
    assert Job.objects.get().state == "waiting"


def test_toast_says_in_one_line_how_it_ended(browser_of_member: Client, campaign: Campaign) -> None:
    fail(campaign)
    toast = read(browser_of_member, f"/jobs/{campaign.task_id}/toast/")
    assert "data-stays" in toast
    assert f'href="/campaigns/{campaign.pk}/">Kettle</a>' in toast
    assert "The service is away. Try again." in toast


def test_end_that_is_no_news_raises_no_toast(browser_of_member: Client, campaign: Campaign) -> None:
    path = f"/jobs/{campaign.task_id}/toast/"
    assert browser_of_member.get(path).status_code == 204
    Job.objects.update(state="succeeded", finished_at=timezone.now() - timedelta(minutes=3))
    assert browser_of_member.get(path).status_code == 204


def test_job_of_the_installation_is_left_to_operators(browser_of_member: Client, campaign: Campaign) -> None:
    Job.objects.update(owner_id=None)
    assert browser_of_member.post(f"/jobs/{campaign.task_id}/cancel/").status_code == 403
    assert Job.objects.get().state == "waiting"


def test_private_job_is_not_there_for_others(browser_of_member: Client) -> None:
    other = create_user(email="noor@example.org")
    kind = register(Kind(name="tests.private_page", private=True))
    try:
        job = enqueue_named(kind.name, [], {}, owner_id=other.pk)
        for path in (f"/jobs/{job}/", f"/jobs/{job}/toast/", f"/jobs/{job}/chip/"):
            assert browser_of_member.get(path).status_code == 404
    finally:
        del KINDS[kind.name]
