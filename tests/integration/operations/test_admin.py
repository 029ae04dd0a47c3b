"""Jobs and schedules in Django's admin."""

import json
import re
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from nightdesk.accounts.models import Role
from nightdesk.accounts.services import create_user
from nightdesk.activity.models import Activity
from nightdesk.core.errors import Permanent
from nightdesk.engine import actions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.handlers import handles
from nightdesk.engine.models import Job
from nightdesk.engine.queries import arguments_of
from nightdesk.engine.run import Run
from nightdesk.engine.testing import run_job

pytestmark = pytest.mark.django_db
JOBS = "/admin/engine/job/"
SCHEDULES = "/admin/django_celery_beat/periodictask/"


class Whisper(JobArgs, name="tests.whisper", queue="maintenance", retries=0, sensitive=True):
    """Say something to nobody else."""

    words: str = ""
    times: int = 1


@handles(Whisper)
def whisper_task(job: Whisper, run: Run) -> str:
    if job.words == "fail":
        raise Permanent("There is nobody here.")
    return job.words


@pytest.fixture
def browser_of() -> Callable[[Role], Client]:
    def sign_in(role: Role) -> Client:
        client = Client()
        client.force_login(create_user(email=f"{role}@example.org", role=role))
        return client

    return sign_in


def act(browser: Client, action: str, *jobs: Job) -> list[str]:
    form = {"action": action, "_selected_action": [str(job.pk) for job in jobs], "index": 0}
    page = browser.post(JOBS, form, follow=True)
    return [str(message) for message in page.context["messages"]]


def find(pk: UUID) -> Job:
    return Job.objects.get(pk=pk)


def test_actions_say_for_how_many_and_why_not_for_the_others(browser_of: Callable[[Role], Client]) -> None:
    browser = browser_of(Role.OPERATOR)
    failed, done = run_job(enqueue(Whisper(words="fail"))), run_job(enqueue(Whisper(words="done")))
    waiting = find(enqueue(Whisper()))

    retried = act(browser, "try_again", failed, done)
    cancelled = act(browser, "cancel", waiting, done)

    assert (find(failed.pk).state, find(done.pk).state, find(waiting.pk).state) == ("waiting", "succeeded", "cancelled")
    assert retried == [
        "Done for 1 job.",
        f"tests.whisper {done.pk}: This job has succeeded, so there is nothing to try again.",
    ]
    assert cancelled == ["Done for 1 job.", f"tests.whisper {done.pk}: It has already ended."]
    noted = Activity.objects.order_by("pk").values_list("action", "job_id", "source", "actor_name")
    assert list(noted) == [
        ("job.retry", failed.pk, "admin", "operator@example.org"),
        ("job.cancel", waiting.pk, "admin", "operator@example.org"),
    ]


def test_what_a_sensitive_job_carries_is_not_shown(browser_of: Callable[[Role], Client]) -> None:
    job = run_job(enqueue(Whisper(words="fail")))
    browser = browser_of(Role.ADMINISTRATOR)

    pages = [browser.get(JOBS), browser.get(f"{JOBS}{job.pk}/change/")]

    assert [page.status_code for page in pages] == [200, 200]
    assert "There is nobody here" not in "".join(page.content.decode() for page in pages)
    assert [browser.get(f"{JOBS}{path}").status_code for path in ("add/", f"{job.pk}/delete/")] == [403, 403]


def test_jobs_are_found_by_index_and_counted_no_further_than_anybody_leafs(
    browser_of: Callable[[Role], Client],
) -> None:
    browser = browser_of(Role.OPERATOR)
    job = find(enqueue(Whisper(), subject="campaign:42"))
    enqueue(Whisper())

    def found(text: str) -> int:
        return len(browser.get(JOBS, {"q": text}).context["cl"].result_list)

    assert [found(text) for text in (str(job.pk), "tests.whisper", "campaign:42", "nobody")] == [1, 2, 1, 0]
    with CaptureQueriesContext(connection) as seen:
        browser.get(JOBS)
    counts = [query["sql"] for query in seen if "COUNT(" in query["sql"] and "engine_job" in query["sql"]]
    assert counts
    assert all("LIMIT 10000" in statement for statement in counts)


def schedule_form(**fields: object) -> dict[str, object]:
    every = IntervalSchedule.objects.create(every=1, period="hours")
    plain = {"name": "nightly", "task": "tests.whisper", "enabled": "on", "interval": every.pk}
    return {**plain, "args": "[]", "kwargs": "{}", **fields}


def test_schedule_is_made_out_of_known_kinds_and_says_when_it_runs(browser_of: Callable[[Role], Client]) -> None:
    browser = browser_of(Role.OPERATOR)
    form = browser.get(f"{SCHEDULES}add/")
    made = browser.post(f"{SCHEDULES}add/", schedule_form(kwargs='{"times": 2}'))

    assert 'value="operations.cleanup_expired_content"' in form.content.decode()
    assert not re.search(
        r"<script(?![^>]* src=)(?![^>]*application/json)", form.content.decode()
    )  # the policy refuses it
    assert made.status_code == 302, made.content
    assert json.loads(PeriodicTask.objects.get().kwargs) == {"times": 2}
    assert re.search(r"field-next_run.*?\d{4}", browser.get(SCHEDULES).content.decode())
    assert Activity.objects.get().action == "schedule.create"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"kwargs": '{"times": "often"}'}, "times: Input should be a valid integer"),
        ({"kwargs": '{"volume": 3}'}, "There is no such argument: volume."),
        ({"kwargs": "[]"}, "This must be a JSON object"),
        ({"args": "{}"}, "This must be a JSON list"),
        ({"kwargs": "{"}, "This must be a JSON object"),
        ({"task": "tests.nobody_knows"}, "is not one of the available choices"),
        ({"interval": ""}, "must be set"),
    ],
)
def test_schedule_that_could_not_fire_is_refused_at_its_field(
    browser_of: Callable[[Role], Client], fields: dict[str, object], complaint: str
) -> None:
    page = browser_of(Role.OPERATOR).post(f"{SCHEDULES}add/", schedule_form(**fields))

    assert page.status_code == 200
    assert complaint in page.content.decode().replace("&quot;", '"')
    assert not PeriodicTask.objects.exists()


def test_schedule_is_run_now_besides_the_clock(browser_of: Callable[[Role], Client]) -> None:
    crontab = CrontabSchedule.objects.create(minute="61")  # which no form would have taken
    row = PeriodicTask.objects.create(name="x", task="tests.whisper", crontab=crontab, kwargs='{"words": "now"}')
    browser = browser_of(Role.OPERATOR)

    browser.post(SCHEDULES, {"action": "run_tasks", "_selected_action": [row.pk], "index": 0})

    job = Job.objects.get()
    assert (job.kind, job.subject, arguments_of(job)) == (
        "tests.whisper",
        f"schedule:{row.pk}",
        {"words": "now", "times": 1},
    )
    assert "never: " in browser.get(SCHEDULES).content.decode()
    assert Activity.objects.get().title == "periodictask: run_tasks (1)"
    actions.cancel(job_id=job.pk)
