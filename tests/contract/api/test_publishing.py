"""Publishing posts over HTTP: one task for each account, their status, and what people decide."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.providers.publishing.protocol import Certainty, Platform
from nightdesk.publishing import services
from nightdesk.publishing.models import Health, PlatformAccount, Post
from tests.support.callers import Caller
from tests.support.callers import problem_of as read_problem
from tests.support.publishing import Board, Trouble, boards

pytestmark = pytest.mark.django_db

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)


@pytest.fixture
def chat() -> Iterator[Board]:
    """A chat that nobody can look at, with an account on it."""
    board = Board(Platform.TELEGRAM, certainty=Certainty.NONE, can_update=False)
    with boards(board):
        PlatformAccount.objects.create(platform="telegram", name="Team", health=Health.OK)
        yield board


@pytest.fixture
def post(ada: Caller) -> Post:
    return services.create_post(author_id=None, fields={"title": "Quiet light", "body": "A lamp."})


def problem_of(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    return read_problem(response)


def publish(caller: Caller, post: Post, *platforms: str, **fields: Any) -> dict[str, Any]:
    response = caller.post("/api/posts/publish", {"post_id": post.pk, "platforms": list(platforms), **fields})
    assert response.status_code == 202, response.content
    assert response["Location"] == f"/api/posts/{post.pk}/publish-history"
    answer: dict[str, Any] = response.json()
    return answer


def history(caller: Caller, post: Post) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = caller.get(f"/api/posts/{post.pk}/publish-history").json()["publishings"]
    return shown


def test_publish_answers_with_a_task_for_each_platform(ada: Caller, chat: Board, post: Post) -> None:
    answer = publish(ada, post, "journal", "telegram")

    assert (answer["post_id"], answer["message"]) == (post.pk, "2 of 2 publishing tasks submitted successfully")
    assert [(task["platform"], task["status"], task["error"]) for task in answer["tasks"]] == [
        ("journal", "pending", ""),
        ("telegram", "pending", ""),
    ]
    older = ada.post(f"/api/posts/{post.pk}/publish/", {"platforms": ["journal", "telegram"]})
    assert (older.status_code, older.json()) == (202, answer)
    assert Job.objects.count() == 2


def test_task_status_holds_platform_and_post_twice(ada: Caller, chat: Board, post: Post) -> None:
    (task,) = publish(ada, post, "telegram")["tasks"]
    before = ada.get(f"/api/tasks/status/{task['task_id']}").json()
    assert (before["status"], before["platform_info"]) == ("PENDING", {"platform": "telegram", "data": None})

    drain()

    after = ada.get(f"/api/tasks/status/{task['task_id']}").json()
    (row,) = history(ada, post)
    expected = {"platform": "telegram", "data": {"id": row["id"], "url": row["url"]}}
    assert (after["status"], after["result"], after["platform_info"]) == ("SUCCESS", expected, expected)
    assert ada.get(f"/api/tasks/status/post/{post.pk}").json()["publishings"] == history(ada, post)
    assert [(one["number"], one["outcome"]) for one in row["attempts"]] == [(1, "succeeded")]
    assert (row["status"], row["account"], row["error"]) == ("success", "Team", "")


def test_idempotency_key_gives_the_same_answer(ada: Caller, post: Post) -> None:
    body = {"post_id": post.pk, "platforms": ["journal"]}
    first, second = (ada.post("/api/posts/publish", body, Idempotency_Key="publish-1") for _ in range(2))
    assert (first.status_code, second.content) == (202, first.content)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "platforms"),
        ({"platforms": ["myspace"]}, "platforms"),
        ({"platforms": ["mastodon"]}, "platforms"),
        ({"accounts": [987_654]}, "accounts"),
        ({"accounts": [0]}, "accounts.0"),
        ({"platforms": ["journal"], "scheduled_at": "2020-01-01T10:00:00Z"}, "scheduled_at"),
        ({"platforms": ["journal"], "scheduled_at": "2030-01-01T10:00:00"}, "scheduled_at"),
        ({"platforms": ["journal"], "time_zone": "Mars/Olympus"}, "time_zone"),
    ],
)
def test_orders_that_make_no_sense_are_refused(
    fields: dict[str, Any], field: str, ada: Caller, chat: Board, post: Post
) -> None:
    problem = problem_of(ada.post("/api/posts/publish", {"post_id": post.pk, **fields}), 400)
    assert list(problem["details"]) == [field]
    assert Job.objects.count() == 0


def test_what_cannot_go_anywhere_says_why_by_platform(ada: Caller, chat: Board) -> None:
    empty = services.create_post(author_id=None, fields={"title": "Nothing yet"})
    problem = problem_of(ada.post("/api/posts/publish", {"post_id": empty.pk, "platforms": ["telegram"]}), 400)
    assert problem["details"] == {"telegram": ["There is nothing to publish. Write the body first."]}


def test_unknown_posts_and_publishings_are_not_found(ada: Caller, chat: Board, post: Post) -> None:
    publish(ada, post, "telegram")
    (row,) = history(ada, post)
    other = services.create_post(author_id=None, fields={"title": "Other", "body": "Other."})
    problem_of(ada.post("/api/posts/publish", {"post_id": 987_654, "platforms": ["telegram"]}), 404)
    problem_of(ada.get("/api/posts/987654/publish-history"), 404)
    problem_of(ada.get("/api/tasks/status/post/987654"), 404)
    for act in ("retry", "cancel", "unpublish"):
        problem_of(ada.post(f"/api/posts/{other.pk}/publishings/{row['published_post_id']}/{act}/"), 404)
    body = {"scheduled_at": TOMORROW.isoformat()}
    problem_of(ada.post(f"/api/posts/{other.pk}/rounds/{row['round_id']}/reschedule/", body), 404)


def test_one_platform_is_tried_again(ada: Caller, chat: Board, post: Post) -> None:
    publish(ada, post, "telegram")
    chat.troubles = [Trouble(Permanent("The chat is closed. Open it, then try again."))]
    drain()
    (row,) = history(ada, post)
    assert (row["status"], row["error"]) == ("failed", "The chat is closed. Open it, then try again.")
    path = f"/api/posts/{post.pk}/publishings/{row['published_post_id']}"

    assert ada.post(f"{path}/retry/").json()["status"] == "pending"
    assert problem_of(ada.post(f"{path}/retry/"), 409)["code"] == "nothing_to_retry"
    drain()

    (row,) = history(ada, post)
    assert (row["status"], [one["outcome"] for one in row["attempts"]]) == ("success", ["failed", "succeeded"])
    assert problem_of(ada.post(f"{path}/unpublish/"), 409)["code"] == "not_out"


@pytest.mark.parametrize(
    ("said", "status", "posts"),
    [({"live_at": "https://t.example/1"}, "success", 1), ({"not_there": True}, "success", 2)],
)
def test_unconfirmed_one_is_decided(
    said: dict[str, Any], status: str, posts: int, ada: Caller, chat: Board, post: Post
) -> None:
    (task,) = publish(ada, post, "telegram")["tasks"]
    chat.troubles = [Trouble(OutcomeUnknown(), arrives=True)]
    drain()
    told = ada.get(f"/api/tasks/status/{task['task_id']}").json()
    assert (told["status"], told["failed"]) == ("FAILURE", True)
    path = f"/api/posts/{post.pk}/publishings/{task['published_post_id']}/resolve/"
    problem_of(ada.post(path, {}), 400)

    assert ada.post(path, said).status_code == 200
    drain()

    (row,) = history(ada, post)
    assert (row["status"], len(chat.posts)) == (status, posts)
    assert problem_of(ada.post(path, said), 409)["code"] == "not_in_question"


def test_scheduled_one_is_moved_and_cancelled(ada: Caller, chat: Board, post: Post) -> None:
    answer = publish(ada, post, "telegram", scheduled_at=TOMORROW.isoformat(), time_zone="Europe/Berlin")
    later = TOMORROW + timedelta(hours=3)
    body = {"scheduled_at": later.isoformat(), "time_zone": "Asia/Tokyo"}

    moved = ada.post(f"/api/posts/{post.pk}/rounds/{answer['round_id']}/reschedule/", body).json()

    assert (datetime.fromisoformat(moved["scheduled_at"]), moved["time_zone"]) == (later, "Asia/Tokyo")
    assert moved["tasks"][0]["task_id"] != answer["tasks"][0]["task_id"]
    path = f"/api/posts/{post.pk}/publishings/{answer['tasks'][0]['published_post_id']}/cancel/"
    assert ada.post(path).json()["status"] == "skipped"
    problem_of(ada.post(f"/api/posts/{post.pk}/rounds/{answer['round_id']}/reschedule/", body), 409)


def test_time_without_an_offset_is_of_the_named_zone(ada: Caller, chat: Board, post: Post) -> None:
    year = TOMORROW.year + 1
    answer = publish(ada, post, "telegram", scheduled_at=f"{year}-07-01T09:30", time_zone="Europe/Berlin")
    assert datetime.fromisoformat(answer["scheduled_at"]) == datetime(year, 7, 1, 7, 30, tzinfo=UTC)
    path = f"/api/posts/{post.pk}/rounds/{answer['round_id']}/reschedule/"

    moved = ada.post(path, {"scheduled_at": f"{year}-07-01T09:30", "time_zone": "Asia/Tokyo"}).json()

    assert datetime.fromisoformat(moved["scheduled_at"]) == datetime(year, 7, 1, 0, 30, tzinfo=UTC)
    day = max(date for n in range(25, 32) if (date := datetime(year, 3, n, tzinfo=UTC)).weekday() == 6)
    skipped = {"scheduled_at": f"{day:%Y-%m-%d}T02:30", "time_zone": "Europe/Berlin"}
    problem = problem_of(ada.post(path, skipped), 400)
    assert problem["details"]["scheduled_at"][0].endswith(
        "so 02:30 does not exist there. Choose an hour earlier or later."
    )


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/api/posts/publish", {"scheduled_at": "2030-01-01T10:00"}, "Say in which time zone this is"),
        ("/api/posts/", {"unpublish_at": "2030-01-01T10:00"}, "This must be a moment with a time zone"),
    ],
)
def test_time_of_no_zone_is_refused_in_plain_words(
    path: str, fields: dict[str, Any], said: str, ada: Caller, chat: Board, post: Post
) -> None:
    body = {"post_id": post.pk, "platforms": ["journal"]} if path.endswith("publish") else {"title": "Tea"}
    (field,) = fields
    problem = problem_of(ada.post(path, {**body, **fields}), 400)
    assert problem["details"][field][0].startswith(said)


def test_post_is_taken_away_from_the_journal(ada: Caller, post: Post) -> None:
    (task,) = publish(ada, post, "journal")["tasks"]
    drain()
    response = ada.post(f"/api/posts/{post.pk}/publishings/{task['published_post_id']}/unpublish/")
    assert (response.status_code, response.json()["published_post_id"]) == (202, task["published_post_id"])
    drain()
    assert history(ada, post)[0]["removed_at"] is not None
