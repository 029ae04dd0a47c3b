"""Health checks: every part is asked, and one that hangs or breaks hides no other."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from nightdesk.engine import beat_life
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Lease, Queue
from nightdesk.engine.queries import result_of
from nightdesk.engine.testing import run_job
from nightdesk.operations.jobs import SystemHealthCheck
from nightdesk.operations.models import HealthCheck, Verdict
from nightdesk.operations.services import check_health, health_history, latest_health
from nightdesk.operations.services.health import Finding
from nightdesk.operations.services.health.parts import PARTS
from tests.contract.api.test_health import add_workers

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ["database", "cache", "storage", "broker", "workers", "beat", "disk", "clock"]


def works() -> Finding:
    return Finding(verdict=Verdict.OK, detail="Fine.", latency_ms=0.1)


def verdicts(check: HealthCheck) -> dict[str, str]:
    return {name: part["verdict"] for name, part in check.parts.items()}


@pytest.fixture
def hanging() -> Iterator[Callable[[], Finding]]:
    """Give a probe that hangs until the test is over."""
    over = threading.Event()

    def hang() -> Finding:
        over.wait(60)
        return works()

    yield hang
    over.set()


def test_installation_in_order_is_all_well_and_kept(tmp_path: Path, settings: Settings) -> None:
    add_workers()
    beat_life.show_life()

    job = run_job(enqueue(SystemHealthCheck()))

    check = HealthCheck.objects.get()
    assert (job.state, check.task_id, latest_health()) == ("succeeded", job.pk, check)
    assert verdicts(check) == dict.fromkeys(NAMES, Verdict.OK), check.parts
    assert all(part["latency_ms"] >= 0 and part["detail"] for part in check.parts.values())
    result = result_of(job)
    assert (result["success"], result["message"], result["verdict"]) == (True, "Everything works.", "ok")
    assert result["parts"] == check.parts
    assert not default_storage.listdir("health")[1]


def test_part_that_hangs_or_breaks_hides_no_other(
    hanging: Callable[[], Finding], caplog: pytest.LogCaptureFixture
) -> None:
    def break_down() -> Finding:
        raise ConnectionRefusedError("amqp://studio:a-made-up-password@broker.example.org")

    with caplog.at_level(logging.CRITICAL):
        check = check_health(parts={"broker": break_down, "storage": hanging, "cache": works}, patience_s=0.3)

    assert verdicts(check) == {"broker": "critical", "storage": "critical", "cache": "ok"}
    assert (check.verdict, check.parts["storage"]["detail"]) == ("critical", "No answer within 0.3 s.")
    assert "a-made-up-password" not in str(check.parts)


def test_second_run_of_a_job_keeps_one_row() -> None:
    job_id = enqueue(SystemHealthCheck())
    first = check_health(task_id=job_id, parts={"cache": works})
    second = check_health(task_id=job_id, parts={"cache": lambda: Finding(verdict=Verdict.WARNING, detail="Slow.")})

    assert (second.pk, HealthCheck.objects.get().verdict) == (first.pk, "warning")


def test_nobody_works_and_nothing_fires() -> None:
    found = check_health(parts={name: PARTS[name] for name in ("workers", "beat")})

    assert verdicts(found) == {"workers": "critical", "beat": "critical"}
    assert "nightdesk worker --queues" in found.parts["workers"]["detail"]
    assert "Start one: nightdesk beat" in found.parts["beat"]["detail"]


def test_beat_that_is_silent_is_missed() -> None:
    beat_life.show_life()
    Lease.objects.update(until=timezone.now() - timedelta(minutes=9, seconds=30))

    part = check_health(parts={"beat": PARTS["beat"]}).parts["beat"]

    assert part["verdict"] == "critical"
    assert part["detail"].startswith("No sign of life for 10 min")


def test_paused_queue_and_lost_slots_need_a_look() -> None:
    add_workers()
    Queue.objects.update_or_create(name="cpu", defaults={"paused_at": timezone.now()})

    part = check_health(parts={"workers": PARTS["workers"]}).parts["workers"]

    assert part["verdict"] == "warning"
    assert part["detail"].startswith("Paused: cpu.")


def test_store_that_takes_no_files_is_found(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file where a folder should be")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "media")},
        },
    }

    part = check_health(parts={"storage": PARTS["storage"]}).parts["storage"]

    assert part["verdict"] == "critical"
    assert "owner of the media folder" in part["detail"]


def test_database_says_what_it_is() -> None:
    detail = check_health(parts={"database": PARTS["database"]}).parts["database"]["detail"]

    assert detail.startswith("SQLite 3" if connection.vendor == "sqlite" else "PostgreSQL 1")


def test_history_is_newest_first_and_begins_when_asked() -> None:
    now = timezone.now()
    for hours, verdict in ((50, "critical"), (2, "warning"), (1, "ok")):
        HealthCheck.objects.create(at=now - timedelta(hours=hours), verdict=verdict, parts={})

    assert [check.verdict for check in health_history(since=now - timedelta(days=1))] == ["ok", "warning"]
