"""The live feed over HTTP for readers that poll and pages that compare; streams are tested with real servers."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from nightdesk.accounts.models import User
from nightdesk.engine.arguments import KINDS, Kind, register
from nightdesk.engine.models import Job
from tests.integration.feed.board import add_job, change, cursor_now
from tests.integration.web.conftest import BACKEND
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def private_kind() -> Iterator[str]:
    """Register a kind whose jobs only their owner and operators may see."""
    kind = register(Kind(name="tests.private", private=True))
    yield kind.name
    del KINDS[kind.name]


def poll(client: Client, topics: str, after: int | str = "") -> dict[str, Any]:
    answer = client.get("/live/", {"mode": "poll", "topics": topics, "after": after})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return dict(answer.json())


def reconcile(client: Client, known: dict[str, object]) -> dict[str, Any]:
    answer = client.post("/live/reconcile", json.dumps(known), content_type="application/json")
    assert answer.status_code == 200
    return dict(answer.json())


def told(client: Client, topics: str, after: int) -> set[UUID]:
    return {UUID(event["job"]) for event in poll(client, topics, after)["events"]}


def test_poll_tells_what_changed_since_the_cursor(browser_of_member: Client, member: User) -> None:
    start = cursor_now()
    first = add_job(subject="campaign:1")
    wait_until(lambda: told(browser_of_member, "campaign:1", start) == {first.id}, 10, "the first job")
    cursor = poll(browser_of_member, "campaign:1", start)["cursor"]
    change(first, state="running", progress=20, message="Writing X")
    wait_until(
        lambda: [event["version"] for event in poll(browser_of_member, "campaign:1", cursor)["events"]] == [2],
        10,
        "the change",
    )

    batch = poll(browser_of_member, "campaign:1", cursor)
    assert batch["resync"] is False
    assert batch["events"] == [
        {
            "job": str(first.id),
            "version": 2,
            "state": "running",
            "progress": 20,
            "message": "Writing X",
            "subject": "campaign:1",
            "owner": None,
            "runs": 0,
            "stopping": False,
        }
    ]
    # A cursor waits for numbers that were handed out and never came; then nothing is told twice.
    end = cursor_now()
    wait_until(lambda: poll(browser_of_member, "campaign:1", cursor)["cursor"] == end, 10, "the cursor moves")
    assert poll(browser_of_member, "campaign:1", end)["events"] == []


def test_topics_choose_jobs(browser_of_member: Client, member: User) -> None:
    start = cursor_now()
    mine = add_job(owner_id=member.id)
    campaign, other = add_job(subject="campaign:1"), add_job(subject="campaign:2")
    export = add_job(subject="export:1")
    chosen = {
        "": {mine},
        "me": {mine},
        "campaign:1": {campaign},
        "campaign": {campaign, other},
        f"job:{export.id}": {export},
        "me, export": {mine, export},
        "campaign:12": set(),
    }
    wait_until(lambda: told(browser_of_member, f"job:{export.id}", start), 10, "the tail has read all")
    for topics, jobs in chosen.items():
        assert told(browser_of_member, topics, start) == {job.id for job in jobs}, topics


def test_other_peoples_private_jobs_are_told_to_nobody_but_operators(
    browser_of_member: Client, member: User, operator: User, private_kind: str
) -> None:
    start = cursor_now()
    own = add_job(kind=private_kind, owner_id=member.id, subject="export:1")
    others = add_job(kind=private_kind, owner_id=operator.id, subject="export:2")
    nobodys = add_job(kind=private_kind, subject="export:3")
    by_operator = Client()
    by_operator.force_login(operator, backend=BACKEND)
    everything = f"me,export,job:{others.id},job:{nobodys.id}"
    wait_until(lambda: len(told(by_operator, everything, start)) == 3, 10, "the operator is told all")
    assert told(browser_of_member, everything, start) == {own.id}
    answer = reconcile(browser_of_member, {str(job.id): 0 for job in (own, others, nobodys)})
    assert [event["job"] for event in answer["events"]] == [str(own.id)]
    assert sorted(answer["gone"]) == sorted([str(others.id), str(nobodys.id)])


def test_reconcile_tells_only_what_differs(browser_of_member: Client) -> None:
    same, moved, gone = add_job(), add_job(), add_job()
    change(moved, state="succeeded", progress=100)
    Job.objects.filter(id=gone.id).delete()
    answer = reconcile(browser_of_member, {str(same.id): 1, str(moved.id): 1, str(gone.id): 1})
    assert [(event["job"], event["version"], event["state"]) for event in answer["events"]] == [
        (str(moved.id), 2, "succeeded")
    ]
    assert answer["gone"] == [str(gone.id)]


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"x"', '{"x": 1}', '{"01a1f8de-c1ce-72ff-9668-0017508a83ec": "x"}', "[" * 100_000]
)
def test_reconcile_refuses_what_it_cannot_read(browser_of_member: Client, body: str) -> None:
    answer = browser_of_member.post("/live/reconcile", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.content.decode() == "Send a JSON object from ids of jobs to their versions."


def test_reconcile_refuses_too_many_jobs(browser_of_member: Client) -> None:
    body = json.dumps({str(UUID(int=number)): 1 for number in range(501)})
    answer = browser_of_member.post("/live/reconcile", body, content_type="application/json")
    assert answer.status_code == 400


def test_reconcile_needs_the_csrf_token(member: User) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(member, backend=BACKEND)
    assert careful.post("/live/reconcile", "{}", content_type="application/json").status_code == 403


@pytest.mark.parametrize("mode", ["", "poll"])
def test_strangers_are_told_nothing(client: Client, mode: str) -> None:
    answer = client.get("/live/", {"mode": mode})
    assert (answer.status_code, answer["Content-Type"]) == (401, "text/plain; charset=utf-8")


@pytest.mark.parametrize("topics", ["job:1", ",".join(f"campaign:{number}" for number in range(201))])
def test_topics_that_cannot_be_read_are_refused(browser_of_member: Client, topics: str) -> None:
    assert browser_of_member.get("/live/", {"topics": topics}).status_code == 400


@pytest.mark.parametrize("after", ["-5", "x", "9" * 19, "1.5", "²"])
def test_cursor_that_is_none_of_ours_is_answered_with_a_resync(browser_of_member: Client, after: str) -> None:
    start = cursor_now()
    add_job(subject="campaign:1")
    wait_until(lambda: told(browser_of_member, "campaign:1", start), 10, "the tail has read all")
    batch = poll(browser_of_member, "campaign", after)
    assert (batch["resync"], batch["events"]) == (True, [])
