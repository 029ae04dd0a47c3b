"""Sensitive kinds: readable by their job, by nobody who looks into the database."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django import Settings

from nightdesk.core.errors import Misconfigured, Permanent, Transient
from nightdesk.engine import actions, queries, sealing, testing, transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.handlers import handles
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.run import Run
from tests.integration.engine.bench import move_time, must_take, read

pytestmark = pytest.mark.django_db

WORD = "xyzzy-plugh-42"


class Whisper(JobArgs, name="bench.whisper", sensitive=True, retries=1, retry_delay_s=0):
    """Carry a word that nobody else may read."""

    word: str
    how: str = "fine"


@handles(Whisper)
def whisper_task(job: Whisper, run: Run) -> Any:
    run.progress(50, job.word)
    run.step("kept", lambda: job.word)
    run.effect(f"whisper:{run.job_id}", lambda: {"sent": job.word})
    if job.how in ("transient", "always") and (run.failures == 0 or job.how == "always"):
        raise Transient(f"cannot say {job.word}")
    if job.how == "permanent":
        raise Permanent(f"refused {job.word}")
    if job.how == "bug":
        raise ValueError(job.word)
    return None if job.how == "none" else {"word": job.word}


def dump_database() -> str:
    """Read every table whole, as somebody would who got hold of the file."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = {}
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = cursor.fetchall()
    return json.dumps(found, default=str)


@pytest.fixture(autouse=True)
def fresh_keys() -> Any:
    sealing._keys.cache_clear()
    yield
    sealing._keys.cache_clear()


@pytest.mark.parametrize("how", ["fine", "none", "transient", "always", "permanent", "bug"])
def test_nothing_of_a_sensitive_job_is_readable_at_rest(how: str) -> None:
    job_id = enqueue(Whisper(word=WORD, how=how))
    run_once = dump_database()
    testing.drain()
    at_rest = dump_database()

    assert WORD not in run_once + at_rest
    assert WORD.encode().hex() not in at_rest
    job = read(job_id)
    assert queries.arguments_of(job)["word"] == WORD
    if how in ("fine", "transient"):
        assert (job.state, queries.result_of(job)) == ("succeeded", {"word": WORD})
    elif how == "none":
        assert (job.state, queries.result_of(job)) == ("succeeded", None)
    else:
        error = queries.error_of(job)
        assert error is not None
        assert (job.state, error.code) == (
            "failed",
            "bug" if how == "bug" else how if how == "permanent" else "transient",
        )


def expire(job_id: uuid.UUID) -> None:
    move_time(job_id, "start_before", -1)
    assert transitions.expire_late(10) == 1


def quarantine(job_id: uuid.UUID) -> None:
    for _ in range(3):
        must_take(Whisper)
        (lost,) = transitions.lost_with_workers(1)
        transitions.rescue(lost, counts=True, suspect=False, why="died")


ENDINGS: dict[str, Callable[[uuid.UUID], object]] = {
    "cancelled": lambda job_id: actions.cancel(job_id=job_id),
    "released": lambda job_id: transitions.give_back(must_take(Whisper), why="Its worker stopped."),
    "expired": expire,
    "quarantined": quarantine,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_sensitive_job_that_ended_otherwise_can_be_read_and_run_again(ending: str) -> None:
    job_id = enqueue(Whisper(word=WORD))
    ENDINGS[ending](job_id)

    error = queries.error_of(read(job_id))
    assert error is not None
    assert error.code == ending
    if ending != "released":
        actions.retry(job_id=job_id)
    testing.drain()

    job = read(job_id)
    assert (job.state, job.failures, queries.result_of(job)) == ("succeeded", 0, {"word": WORD})
    again = actions.rerun(job_id=job_id, arguments={"how": "none"}, owner_id=None)
    assert queries.arguments_of(read(again)) == {"word": WORD, "how": "none"}


def test_old_rows_stay_readable_when_a_new_key_is_put_in_front(settings: Settings) -> None:
    first, second = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = (first,)
    done, waiting = enqueue(Whisper(word=WORD)), enqueue(Whisper(word=WORD), delay_s=60)
    testing.drain()

    settings.ENCRYPTION_KEYS = (second, first)
    sealing._keys.cache_clear()
    move_time(waiting, "run_at", -1)
    testing.drain()

    assert [queries.result_of(read(job_id)) for job_id in (done, waiting)] == [{"word": WORD}] * 2
    payload = JobPayload.objects.get(pk=waiting)
    assert sealing.sealing_key(payload.arguments) == payload.key_id == sealing.key_id(first)
    assert sealing.sealing_key(payload.result or "") == sealing.key_id(second)
    assert queries.arguments_of(read(waiting))["word"] == WORD

    settings.ENCRYPTION_KEYS = (second,)
    sealing._keys.cache_clear()
    with pytest.raises(Misconfigured, match="Add that key again"):
        queries.result_of(read(done))


def test_plain_kinds_are_not_sealed_and_plain_text_is_never_taken_for_sealed() -> None:
    for text in ('{"a": 1}', "123456789012", '"0123456789ab:gAAAA"', "null"):
        assert sealing.unseal(text) == text
        assert sealing.sealing_key(text) == ""
    sealed = sealing.seal('"word"')
    assert (sealing.unseal(sealed), "word" in sealed) == ('"word"', False)


def test_enqueued_words_are_not_in_the_ring() -> None:
    enqueue(Whisper(word=WORD))
    assert Job.objects.get().message == ""
    assert WORD not in dump_database()
