"""The tail over a real database: what its readers are told, and when."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from nightdesk.engine.feed import Tail, changes
from nightdesk.engine.feed import tail as tail_module
from nightdesk.engine.models import Job
from tests.integration.feed.board import Reader, add_job, change, cursor_now
from tests.support.processes import wait_until

postgres_only = pytest.mark.skipif(
    "config.getoption('--database') != 'postgres'", reason="SQLite has one writer: no gaps"
)


def test_change_reaches_every_reader_when_it_is_committed(tail: Tail) -> None:
    readers = [Reader(tail), Reader(tail)]
    for reader in readers:
        reader.wait_until_placed()

    job = add_job(subject="campaign:7", owner_id=3)
    change(job, state="running", progress=40, message="Writing LinkedIn")

    for reader in readers:
        reader.wait_for_version(job, 2)
        last = reader.told[-1]
        assert (last.job_id, last.state, last.progress, last.message, last.subject, last.owner_id, last.stopping) == (
            job.id, "running", 40, "Writing LinkedIn", "campaign:7", 3, False,
        )  # fmt: skip


def test_nothing_is_told_when_the_transaction_rolls_back(tail: Tail) -> None:
    reader = Reader(tail)
    reader.wait_until_placed()
    with transaction.atomic():
        lost = add_job()
        transaction.set_rollback(True)
    kept = add_job()
    reader.wait_for(lambda: reader.versions(kept.id), "the job that was kept")
    assert reader.versions(lost.id) == []
    wait_until(lambda: tail.cursor() == reader_cursor(kept), 5, "the number that was rolled back is given up")
    assert reader.resyncs == 0


def reader_cursor(job: Job) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(seq) FROM engine_jobchange WHERE job_id = %s",
            [job.id if connection.vendor == "postgresql" else job.id.hex],
        )
        return int(cursor.fetchone()[0])


def test_only_the_newest_version_is_told_when_many_changes_lie_in_one_batch(tail: Tail) -> None:
    reader = Reader(tail)
    reader.wait_until_placed()
    with transaction.atomic():
        job = add_job()
        for percent in range(1, 50):
            change(job, progress=percent)
    reader.wait_for(lambda: reader.versions(job.id), "the job")
    other = add_job()
    reader.wait_for(lambda: reader.versions(other.id), "a later job")
    assert reader.versions(job.id) == [50]


def test_reader_is_told_only_what_it_wants(tail: Tail) -> None:
    mine = Reader(tail, wants=lambda event: event.owner_id == 1)
    everything = Reader(tail)
    mine.wait_until_placed()
    theirs = add_job(owner_id=2)
    everything.wait_for(lambda: everything.versions(theirs.id), "the other's job")
    own = add_job(owner_id=1)
    mine.wait_for(lambda: mine.versions(own.id), "the own job")
    assert [event.job_id for event in mine.told] == [own.id]


def test_reader_resumes_from_its_cursor(tail: Tail) -> None:
    before = add_job()
    first = Reader(tail)
    first.wait_until_placed()
    change(before, progress=1)
    first.wait_for(lambda: first.versions(before.id), "a change before the pause")
    first.wait_until_caught_up()
    first.leave()

    missed = add_job()
    watcher = Reader(tail)
    watcher.wait_for(
        lambda: (batch := tail.missed(lambda event: event.job_id == missed.id, first.cursor)) and batch.events,
        "the tail has seen it",
    )
    again = Reader(tail, after=first.cursor)
    again.wait_until_placed()

    assert [event.job_id for event in again.told] == [missed.id]
    assert again.resyncs == 0


def test_reader_resumes_in_another_process(tail: Tail) -> None:
    first = Reader(tail)
    first.wait_until_placed()
    seen = add_job()
    first.wait_for(lambda: first.versions(seen.id), "the first job")
    first.wait_until_caught_up()
    tail.stop()
    missed = add_job()

    other = Tail()
    try:
        again = Reader(other, after=first.cursor)
        again.wait_for(lambda: again.versions(missed.id), "what happened in between")
        assert again.resyncs == 0
    finally:
        other.stop()


def test_reader_without_cursor_is_told_nothing_old(tail: Tail) -> None:
    old = add_job()
    reader = Reader(tail)
    reader.wait_until_placed()
    new = add_job()
    reader.wait_for(lambda: reader.versions(new.id), "the new job")
    assert reader.versions(old.id) == []


@pytest.mark.parametrize("after", [-1, 0])
def test_reader_gets_a_resync_when_its_cursor_is_too_old(
    tail: Tail, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAGE", 1)  # the page of margin below the start
    monkeypatch.setattr(changes, "START_BACK", changes.START_BACK * 0)
    for _ in range(5):
        add_job()
    reader = Reader(tail, after=after)
    reader.wait_until_placed()
    assert (reader.resyncs, reader.told) == (1, [])


def test_more_than_a_page_is_told_at_once(tail: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "PAGE", 10)
    reader = Reader(tail)
    reader.wait_until_placed()
    with transaction.atomic():
        jobs = [add_job() for _ in range(35)]
    reader.wait_for(lambda: len(reader.told) == 35, "35 jobs in pages of 10")
    assert {event.job_id for event in reader.told} == {job.id for job in jobs}


def test_slow_reader_gets_a_resync_instead_of_a_longer_box(tail: Tail) -> None:
    slow, quick, start = Reader(tail), Reader(tail), cursor_now()
    slow.wait_until_placed()
    with transaction.atomic():
        jobs = [add_job() for _ in range(501)]
    tail.subscribe(lambda event: False, lambda: None)
    wait_until(
        lambda: (batch := tail.missed(lambda event: True, start)) and len(batch.events) >= 501,
        10,
        "the tail has read all",
    )
    slow.take()
    assert (slow.resyncs, slow.told) == (1, [])

    change(jobs[0], progress=10)
    slow.wait_for(lambda: slow.versions(jobs[0].id), "later changes come again")
    quick.take()
    assert quick.resyncs == 1


def test_tail_rests_when_nobody_reads_and_begins_anew(tail: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "IDLE_AFTER_S", 0.0)
    reader = Reader(tail)
    reader.wait_until_placed()
    reader.leave()
    wait_until(lambda: not tail._placed, 5, "the tail rests")

    again = Reader(tail)
    again.wait_until_placed()
    job = add_job()
    again.wait_for(lambda: again.versions(job.id), "a change after the rest")


@contextmanager
def held_open(work: Callable[[], None]) -> Iterator[Callable[[bool], None]]:
    """Do work in another connection's transaction, which stays open until the block calls `end(commit)`."""
    worked, ended, commit = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                work()
                worked.set()
                ended.wait()
                transaction.set_rollback(not commit.is_set())
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()

    def end(keep: bool) -> None:
        if keep:
            commit.set()
        ended.set()
        thread.join()

    try:
        assert worked.wait(10)
        yield end
    finally:
        ended.set()
        thread.join()


@postgres_only
def test_late_commit_is_told_when_higher_numbers_were_seen_before(tail: Tail) -> None:
    reader = Reader(tail)
    reader.wait_until_placed()
    late = add_job()
    with held_open(lambda: change(late, state="running")) as end:
        for _ in range(3):
            higher = add_job()
            reader.wait_for_version(higher)
        assert reader.cursor is not None
        assert reader.cursor < reader_cursor(higher)
        end(True)
        reader.wait_for(lambda: 2 in reader.versions(late.id), "the late commit")
    wait_until(lambda: tail.cursor() == reader_cursor(higher), 5, "nothing is owed any more")
    assert reader.resyncs == 0


@postgres_only
def test_reader_that_left_while_a_number_was_owed_is_told_it_later(tail: Tail) -> None:
    reader = Reader(tail)
    reader.wait_until_placed()
    late = add_job()
    with held_open(lambda: change(late, state="running")) as end:
        higher = add_job()
        reader.wait_for(lambda: reader.versions(higher.id), "a higher number")
        reader.leave()
        end(True)
    watcher = Reader(tail)
    wait_until(lambda: tail.cursor() == reader_cursor(higher), 5, "the late commit was seen")
    watcher.leave()

    again = Reader(tail, after=reader.cursor)
    again.wait_for(lambda: 2 in again.versions(late.id), "the late commit")
    assert again.resyncs == 0


@postgres_only
def test_resync_comes_after_the_commit_when_a_number_was_owed_for_too_long(
    tail: Tail, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(tail)
    reader.wait_until_placed()
    monkeypatch.setattr(tail._gaps, "_owed_for_s", 0.3)
    late = add_job()
    with held_open(lambda: change(late, state="running")) as end:
        higher = add_job()
        wait_until(lambda: tail.cursor() == reader_cursor(higher), 5, "the number is forgotten")
        reader.take()
        assert reader.resyncs == 0
        end(True)
        reader.wait_for(lambda: reader.resyncs == 1, "a resync once the transaction has ended")
    cursor_then = reader.cursor
    reader.leave()
    again = Reader(tail, after=cursor_then)
    again.wait_until_placed()
    assert again.resyncs == 1  # its cursor may be from before the commit
