"""Rescue beside a transaction that never ends: a process that was frozen in the middle of one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, transaction

from nightdesk.engine import transitions
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.transitions.rescue import Lost
from tests.integration.engine.bench import MakeKind, must_take, read

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _postgres_only() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite locks no rows: whoever writes holds everything")


def test_rescue_passes_over_a_row_that_a_frozen_transaction_holds(make_kind: MakeKind) -> None:
    kind = make_kind()
    frozen, other = [enqueue(kind()) for _ in range(2)]
    for _ in range(2):
        must_take(kind)
    lost = {one.id: one for one in transitions.lost_with_workers(100)}
    held, thaw = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Job.objects.select_for_update().get(pk=frozen)
                held.set()
                thaw.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(hold)
        assert held.wait(10)
        assert (rescue(lost, frozen), rescue(lost, other)) == (None, "default")  # at once: no lock timeout is raised
        thaw.set()
        holding.result(10)

    assert read(frozen).state == "running"
    assert rescue(lost, frozen) == "default"


def rescue(lost: dict[UUID, Lost], job_id: UUID) -> str | None:
    return transitions.rescue(lost[job_id], counts=False, suspect=True, why="Its worker went away.")
