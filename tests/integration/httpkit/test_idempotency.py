"""A request that is sent twice is carried out once."""

import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from pydantic import BaseModel

from nightdesk.core.errors import Conflict, InvalidInput
from nightdesk.httpkit.actors import Actor
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.idempotency import KeyUsedBefore, StillInFlight, idempotent, prune_answers
from nightdesk.httpkit.models import Bucket, IdempotentAnswer


class Made(BaseModel):
    """What the views of this file answer."""

    key: str


def make_row(_request: HttpRequest) -> HttpResponse:
    """Leave a row, the effect whose number is counted here."""
    row = Bucket.objects.create(key=uuid4().hex, full_at=0.0)
    return answer(201, Made(key=row.key), location=f"/rows/{row.key}")


once = idempotent(make_row)


def request(
    key: str | None = "k",
    *,
    body: str = "{}",
    path: str = "/rows/",
    method: str = "POST",
    user: int = 1,
    token: int = 1,
) -> HttpRequest:
    headers = {} if key is None else {"Idempotency-Key": key}
    made = RequestFactory().generic(method, path, body, "application/json", headers=headers)
    made.auth = Actor(user_id=user, token_id=token)  # type: ignore[attr-defined]
    return made


def test_same_key_gets_the_same_answer_and_one_effect(db: None) -> None:
    first, second = once(request()), once(request())

    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second["Location"] == first["Location"]
    assert second["Content-Type"] == first["Content-Type"]
    assert ("Idempotency-Replayed" in first, second["Idempotency-Replayed"]) == (False, "true")
    assert Bucket.objects.count() == 1


def test_slash_at_the_end_makes_no_other_request(db: None) -> None:
    assert once(request(path="/rows/")).content == once(request(path="/rows")).content


def test_without_a_key_every_request_is_carried_out(db: None) -> None:
    once(request(None))
    once(request(None))

    assert Bucket.objects.count() == 2
    assert IdempotentAnswer.objects.count() == 0


@pytest.mark.parametrize("other", [{"key": "other"}, {"path": "/others/"}, {"method": "PATCH"}, {"token": 2}])
def test_key_belongs_to_who_asks_what_and_where(db: None, other: dict[str, str]) -> None:
    once(request())
    once(request(**other))  # type: ignore[arg-type]

    assert Bucket.objects.count() == 2


def test_other_body_under_the_same_key_is_422_and_does_nothing(db: None) -> None:
    once(request(body='{"a": 1}'))

    with pytest.raises(KeyUsedBefore):
        once(request(body='{"a": 2}'))

    assert Bucket.objects.count() == 1
    assert KeyUsedBefore.status == 422


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä", "tab\t"])
def test_key_that_cannot_be_kept_is_400(db: None, key: str) -> None:
    with pytest.raises(InvalidInput):
        once(request(key))


def test_refused_request_leaves_its_key_free(db: None) -> None:
    refusals = iter([True, False])

    def sometimes(asked: HttpRequest) -> HttpResponse:
        response = make_row(asked)
        if next(refusals):
            raise Conflict("not now")
        return response

    moody = idempotent(sometimes)
    with pytest.raises(Conflict, match="not now"):
        moody(request())
    assert (Bucket.objects.count(), IdempotentAnswer.objects.count()) == (0, 0)

    assert moody(request()).status_code == 201


def test_answer_that_is_a_refusal_is_not_kept(db: None) -> None:
    def refuse(_request: HttpRequest) -> HttpResponse:
        Bucket.objects.create(key="half", full_at=0.0)
        return answer(409, None)

    assert idempotent(refuse)(request()).status_code == 409
    assert (Bucket.objects.count(), IdempotentAnswer.objects.count()) == (0, 0)


def test_second_request_while_the_first_is_at_work_is_409(transactional_db: None) -> None:
    entered, leave = threading.Event(), threading.Event()
    answers: list[HttpResponse] = []

    def slow(asked: HttpRequest) -> HttpResponse:
        entered.set()
        assert leave.wait(10)
        return make_row(asked)

    def ask() -> None:
        answers.append(idempotent(slow)(request()))
        connection.close()

    first = threading.Thread(target=ask)
    first.start()
    assert entered.wait(10)
    with pytest.raises(StillInFlight):
        idempotent(slow)(request())
    leave.set()
    first.join()

    assert [reply.status_code for reply in answers] == [201]
    assert once(request()).content == answers[0].content
    assert Bucket.objects.count() == 1


def test_key_is_free_again_after_a_day(db: None) -> None:
    first = once(request())
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    second = once(request())

    assert json.loads(second.content) != json.loads(first.content)
    assert (Bucket.objects.count(), IdempotentAnswer.objects.count()) == (2, 1)


def test_answers_are_pruned_after_a_day(db: None) -> None:
    once(request("old"))
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    once(request("new"))

    assert prune_answers() == 1
    assert IdempotentAnswer.objects.count() == 1
