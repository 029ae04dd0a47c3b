"""Retention: each kind says how long its result and its history live; nobody notices the pruning."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from nightdesk.core.errors import Gone
from nightdesk.engine import pruning, queries, testing, transitions
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Attempt, Job, JobChange, JobPayload, JobStep, Worker
from nightdesk.engine.run import Run
from tests.integration.engine.bench import MakeKind, failure, move_time, must_take, read, snapshot

pytestmark = pytest.mark.django_db


def test_result_is_gone_when_its_time_is_over_and_the_job_says_so(make_kind: MakeKind) -> None:
    kind = make_kind(lambda run: {"asset": 7}, result_ttl_s=3600)
    job = testing.run_job(enqueue(kind()))
    assert job.result_expires_at is not None
    assert timedelta(minutes=59) < job.result_expires_at - timezone.now() <= timedelta(hours=1)
    pruning.prune_results()
    assert queries.result_of(read(job.pk)) == {"asset": 7}

    move_time(job.pk, "result_expires_at", -1)
    pruning.prune_results()

    job = read(job.pk)
    assert (job.state, job.result_gone, JobPayload.objects.get().result) == ("succeeded", True, None)
    with pytest.raises(Gone, match="Run the job again"):
        queries.result_of(job)
    assert queries.arguments_of(job) == {}


def test_result_of_a_kind_without_a_time_lives_as_long_as_its_history(make_kind: MakeKind) -> None:
    job = testing.run_job(enqueue(make_kind(lambda run: 7)()))
    assert (job.result_expires_at, job.result_gone) == (None, False)
    assert make_kind().kind.history_days == 30


def test_history_is_pruned_with_everything_that_hangs_on_it(make_kind: MakeKind) -> None:
    def body(run: Run) -> int:
        return run.step("a", lambda: 7)

    short, long = make_kind(body, history_days=2), make_kind(body, history_days=60)
    jobs = {}
    for name, kind, age_days in [("old", short, 3), ("young", short, 1), ("kept", long, 50)]:
        jobs[name] = enqueue(kind())
        transitions.give_back(must_take(kind), why="stopped")
        testing.run_job(jobs[name])
        move_time(jobs[name], "finished_at", -age_days * 86_400)
    unfinished = enqueue(short())
    move_time(unfinished, "created_at", -10 * 86_400)

    pruning.prune_jobs()

    assert set(Job.objects.values_list("pk", flat=True)) == {jobs["young"], jobs["kept"], unfinished}
    gone = snapshot(jobs["old"])
    del gone["JobChange"]  # these go by their own time
    assert gone == {"Job": None, "JobPayload": [], "Attempt": [], "JobStep": [], "Effect": []}
    assert (JobStep.objects.count(), Attempt.objects.count(), JobPayload.objects.count()) == (2, 4, 3)


def test_effects_outlive_their_job_so_that_they_are_never_repeated(make_kind: MakeKind) -> None:
    sent: list[int] = []
    kind = make_kind(lambda run: run.effect("mail:1", lambda: sent.append(1)), history_days=1)
    old = testing.run_job(enqueue(kind()))
    move_time(old.pk, "finished_at", -2 * 86_400)
    pruning.prune_jobs()
    assert Job.objects.count() == 0

    assert testing.run_job(enqueue(kind())).state == "succeeded"
    assert sent == [1]


def test_history_of_a_kind_that_nobody_knows_any_more_is_pruned_too(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    transitions.finish(must_take(kind), failure())
    Job.objects.filter(pk=job_id).update(kind="bench.forgotten")
    move_time(job_id, "finished_at", -29 * 86_400)
    pruning.prune_jobs()
    assert Job.objects.count() == 1

    move_time(job_id, "finished_at", -31 * 86_400)
    pruning.prune_jobs()
    assert Job.objects.count() == JobPayload.objects.count() == 0


def test_history_is_pruned_in_small_batches(make_kind: MakeKind) -> None:
    kind = make_kind(history_days=1)
    now = timezone.now()
    Job.objects.bulk_create(make_old_jobs(kind.kind.name, pruning._BATCH + 100))

    left_over = [(pruning.prune_jobs(), Job.objects.count()) for _ in range(2)]

    assert left_over == [(True, 100), (False, 0)]
    assert timezone.now() - now < timedelta(seconds=20)


def make_old_jobs(kind: str, count: int) -> list[Job]:
    from nightdesk.core.ids import new_job_id

    long_ago = timezone.now() - timedelta(days=5)
    return [
        Job(
            id=new_job_id(),
            kind=kind,
            queue="default",
            priority=5,
            state="succeeded",
            run_at=long_ago,
            created_at=long_ago,
            finished_at=long_ago,
        )
        for _ in range(count)
    ]


def test_changes_are_kept_for_a_quarter_of_an_hour(make_kind: MakeKind) -> None:
    for _ in range(3):
        enqueue(make_kind()())
    oldest, *_ = JobChange.objects.order_by("seq").values_list("seq", flat=True)
    JobChange.objects.filter(seq=oldest).update(changed_at=timezone.now() - timedelta(minutes=16))
    pruning.prune_changes()
    assert JobChange.objects.count() == 2
    JobChange.objects.update(changed_at=timezone.now() - timedelta(minutes=14))
    pruning.prune_changes()
    assert JobChange.objects.count() == 2


def test_rows_of_workers_go_a_day_after_them() -> None:
    now = timezone.now()
    for number, age_h in enumerate([1, 23, 25]):
        left_at = now - timedelta(hours=age_h)
        Worker.objects.create(
            boot_id=f"00000000-0000-0000-0000-00000000000{number}",
            name=f"w{number}",
            pid=1,
            pool="solo",
            queues=[],
            kinds={},
            slots=1,
            started_at=left_at,
            seen_at=left_at,
            lease_until=left_at,
        )
    pruning.prune_workers()
    assert sorted(Worker.objects.values_list("name", flat=True)) == ["w0", "w1"]


def test_duties_are_done_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    done: Counter[str] = Counter()
    monkeypatch.setattr(pruning, "_duties", [])
    pruning.prune_every(0.0)(lambda: done.update(["always"]))
    pruning.prune_every(3600.0)(lambda: done.update(["hourly"]))
    pruning.prune_every(3600.0)(lambda: done.update(["in two parts"]) or done["in two parts"] < 2)
    for _ in range(4):
        pruning.prune_some()
    assert done == {"always": 4, "hourly": 1, "in two parts": 2}
