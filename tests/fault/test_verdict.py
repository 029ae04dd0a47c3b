"""The verdict itself: whatever is planted is found, and a good story is not blamed."""

import uuid
from dataclasses import replace

import pytest

from tests.fault.verdict import JobRow, Kill, Verdict, describe_times, judge, read_rows
from tests.support.witness import Line, Story

JOB, GOOD, OTHER = "job", "good", "other"
WORKER, CHILD = 10, 11


def line(at: float, event: str, token: str = GOOD, pid: int = CHILD) -> Line:
    return Line(at, event, JOB, token, pid)


def tell(*lines: Line) -> Story:
    story = Story()
    for one in lines:
        story.of(one.event).append(one)
    return story


def done(at: float = 0.0, token: str = GOOD, pid: int = CHILD) -> list[Line]:
    return [line(at, "start", token, pid), line(at + 1, "end", token, pid), line(at + 2, "accepted", token, pid)]


def kill(at: float, *pids: int) -> Kill:
    return Kill(at, at + 0.1, frozenset(pids))


SUCCEEDED = JobRow("succeeded", GOOD, runs=1)
KILLED_AT_5 = kill(5.0, WORKER, CHILD)


def judge_one(row: JobRow | None, *lines: Line, kills: tuple[Kill, ...] = ()) -> Verdict:
    return judge([JOB], {} if row is None else {JOB: row}, {JOB: tell(*lines)}, kills)


def test_verdict_of_a_job_done_once_has_nothing_to_blame() -> None:
    verdict = judge_one(SUCCEEDED, *done())
    assert verdict == Verdict(jobs=1)
    assert verdict.wrongs == {}


def test_verdict_of_a_rescued_job_counts_the_rerun_and_its_delay() -> None:
    verdict = judge_one(replace(SUCCEEDED, runs=2), line(4, "start", OTHER), *done(6.5), kills=(KILLED_AT_5,))
    assert verdict == Verdict(jobs=1, reruns=1, rescues_s=[1.5])
    assert verdict.wrongs == {}


@pytest.mark.parametrize(
    ("wrong", "row", "lines"),
    [
        ("lost", None, []),
        ("lost", SUCCEEDED, [line(0, "start"), line(2, "accepted")]),  # no body came to its end
        ("stuck", JobRow("waiting", None, runs=1), [line(0, "start")]),
        ("stuck", JobRow("running", GOOD, runs=1), done()),
        ("failed", JobRow("failed", GOOD, runs=1), done()),
        ("failed", JobRow("unknown", GOOD, runs=1), done()),
        ("accepted_twice", replace(SUCCEEDED, runs=2), [*done(token=OTHER), *done(3)]),
        ("accepted_twice", SUCCEEDED, [*done(), line(3, "accepted")]),  # the same run, twice
        ("foreign", replace(SUCCEEDED, runs=2), [line(0, "start"), line(1, "end"), *done(token=OTHER)]),
        ("unseen", SUCCEEDED, [line(0, "start"), line(1, "end")]),
        ("unclaimed", SUCCEEDED, [line(0, "start", OTHER), *done(1)]),  # two bodies, one claim
    ],
)
def test_verdict_finds_what_is_planted(wrong: str, row: JobRow | None, lines: list[Line]) -> None:
    verdict = judge_one(row, *lines)
    assert verdict.wrongs[wrong] == [JOB]


def test_verdict_counts_claims_that_died_before_their_body_as_reruns() -> None:
    assert judge_one(replace(SUCCEEDED, runs=3), *done()).reruns == 2


def test_verdict_does_not_take_a_retry_for_a_second_acceptance() -> None:
    first = [line(0, "start", OTHER), line(1, "accepted", OTHER), line(1, "retry", OTHER)]
    assert judge_one(replace(SUCCEEDED, runs=2), *first, *done(2)).wrongs == {}


def test_verdict_believes_a_silence_only_of_a_process_that_was_killed_afterwards() -> None:
    silent = [line(0, "start"), line(1, "end")]
    assert judge_one(SUCCEEDED, *silent, kills=(KILLED_AT_5,)).wrongs == {}
    assert judge_one(SUCCEEDED, *silent, kills=(kill(0.5, CHILD),)).wrongs == {"unseen": [JOB]}
    assert judge_one(SUCCEEDED, *silent, kills=(kill(5.0, 99),)).wrongs == {"unseen": [JOB]}


def test_verdict_counts_a_tree_as_alive_until_the_last_of_it_is_gone() -> None:
    slow = Kill(0.5, 1.5, frozenset({WORKER, CHILD}))
    assert judge_one(SUCCEEDED, line(0, "start"), line(1, "end"), kills=(slow,)).wrongs == {}
    late = judge_one(replace(SUCCEEDED, runs=2), line(1, "start", OTHER), *done(8), kills=(slow,))
    assert late.rescues_s == [7.5]


def test_verdict_asks_bodies_that_never_tell_for_nothing_but_their_acceptance() -> None:
    told = {JOB: tell(line(0, "start"), line(2, "accepted"))}
    assert judge([JOB], {JOB: SUCCEEDED}, told, silent_bodies=True).wrongs == {}
    assert judge([JOB], {JOB: SUCCEEDED}, {JOB: tell(line(0, "start"))}, silent_bodies=True).wrongs == {"unseen": [JOB]}


def test_verdict_counts_refused_writes() -> None:
    verdict = judge_one(replace(SUCCEEDED, runs=2), line(0, "start", OTHER), *done(2), line(9, "refused", OTHER))
    assert (verdict.refused, verdict.wrongs) == (1, {})


def test_verdict_measures_a_rescue_only_from_a_kill_that_hit_the_job() -> None:
    runs = [line(4, "start", OTHER), *done(8)]
    twice = replace(SUCCEEDED, runs=2)
    assert judge_one(twice, *runs, kills=(kill(3.0, CHILD),)).rescues_s == []  # before it began
    assert judge_one(twice, *runs, kills=(kill(5.0, 99),)).rescues_s == []  # somebody else
    assert judge_one(twice, *runs, kills=(kill(5.0, CHILD), kill(7.0, 99))).rescues_s == [3.0]


def test_rows_of_both_databases_read_the_same() -> None:
    job, token = uuid.uuid4(), uuid.uuid4()
    wanted = {str(job): JobRow("succeeded", str(token), 1)}
    assert read_rows([(job, "succeeded", token, 1)]) == read_rows([(job.hex, "succeeded", token.hex, 1)]) == wanted
    assert read_rows([(job, "waiting", None, 0)]) == {str(job): JobRow("waiting", None, 0)}


def test_times_are_described_by_median_and_longest() -> None:
    assert describe_times([]) == "no rescue"
    assert describe_times([3.0, 1.0, 2.0]) == "3 rescues after 2.00 s (median), 3.00 s (longest)"
