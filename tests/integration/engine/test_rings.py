"""Rings: which rows the sweeper marks while workers claim and finish beside it."""

import threading
import uuid
from collections import Counter

import pytest
from django.db import connection, transaction

from nightdesk.engine import transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from tests.integration.engine.bench import MakeKind, aside, claimer, must_take, race, success, take


@pytest.mark.django_db(transaction=True)
def test_rows_that_are_being_claimed_are_left_out_and_not_waited_for(make_kind: MakeKind) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("one writer: nothing is claimed while rows are marked")
    kind = make_kind()
    first, second = enqueue(kind()), enqueue(kind())

    with transaction.atomic():
        assert must_take(kind).id == first
        marked = aside(lambda: transitions.mark_rung([first, second]))

    assert list(marked) == [second]


@pytest.mark.django_db(transaction=True)
def test_marking_beside_finishes_that_claim_the_next_row_never_deadlocks(make_kind: MakeKind) -> None:
    kind = make_kind()
    rows = [enqueue(kind()) for _ in range(300)]
    over = threading.Event()

    def mark() -> None:
        while not over.is_set():
            transitions.mark_rung(rows)

    def work_off() -> None:
        # A claim finds nothing while all rows are just being marked: whoever has a ring left tries again.
        while Job.objects.filter(state="waiting").exists():
            finish_all(kind)
        over.set()

    race(mark, work_off, work_off, work_off)

    assert Counter(Job.objects.values_list("state", "runs")) == {("succeeded", 1): len(rows)}


def finish_all(kind: type[JobArgs]) -> None:
    """Work the line off, each finish together with the next claim."""
    claimed = take(kind)
    while claimed:
        finished, claimed = transitions.finish_and_claim(claimed, success(), claimer(kind), uuid.uuid4())
        assert finished
