"""Alive and ready."""

from collections import defaultdict
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from nightdesk.engine.arguments import KINDS
from nightdesk.engine.models import Worker


def add_workers(*, lease_s: float = 15, draining: bool = False) -> None:
    """Start what serves every known kind, as rows."""
    by_queue: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for kind in KINDS.values():
        by_queue[kind.queue][kind.name] = kind.version
    now = timezone.now()
    for queue, kinds in by_queue.items():
        Worker.objects.create(
            boot_id=uuid4(),
            name=f"{queue}@here",
            pid=1,
            pool="threads",
            queues=[queue],
            kinds=kinds,
            slots=2,
            draining=draining,
            started_at=now,
            seen_at=now,
            lease_until=now + timedelta(seconds=lease_s),
        )


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_alive_touches_no_database(db: None, path: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        response = Client().get(path)

    assert (response.status_code, response.json()) == (200, {"alive": True})


def test_ready_when_every_queue_has_a_live_worker(db: None) -> None:
    add_workers()

    response = Client().get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True, "reasons": []})


@pytest.mark.parametrize("state", [{"lease_s": -1}, {"draining": True}])
def test_not_ready_without_a_live_worker_and_says_which_queue(db: None, state: dict[str, float]) -> None:
    add_workers(**state)  # type: ignore[arg-type]

    response = Client().get("/readyz/")

    reasons = response.json()["reasons"]
    assert response.status_code == 503
    assert len(reasons) == len({kind.queue for kind in KINDS.values()})
    assert [reason.startswith("No live worker serves the queue ") for reason in reasons] == [True] * len(reasons)
