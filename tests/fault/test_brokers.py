"""Brokers that are killed, emptied, silent, or ring ten times: rings are only doorbells."""

import pytest

from tests.fault import faults
from tests.fault.lab import MakeLab
from tests.fault.stacks import STACKS, Stack, cases
from tests.fault.studio import Studio
from tests.support.processes import wait_until

pytestmark = pytest.mark.fault

ANSWERED_S = 1.0
DEAD_RINGS = "SELECT max(dead_rings) FROM engine_worker"

#: The slowest that takes them away: one process on the broker of files, on a busy machine.
DEAD_RINGS_A_SECOND = 15


@cases("postgres+redis/prefork2", most="redis", rabbitmq=True)
def test_jobs_are_done_when_the_broker_is_killed_half_way(make_lab: MakeLab, stack: Stack, jobs: int) -> None:
    lab = make_lab(stack)
    faults.lose_broker(lab, jobs)
    lab.verify("broker killed")


@cases("postgres+redis/prefork2", "sqlite+files/threads8", rabbitmq=True)
def test_jobs_are_done_when_the_rings_are_purged_half_way(make_lab: MakeLab, stack: Stack, jobs: int) -> None:
    lab = make_lab(stack)
    faults.purge_rings(lab, jobs)
    lab.verify("rings purged")


@cases("sqlite+files/prefork2", "postgres+redis/threads8", rabbitmq=True)
def test_jobs_run_once_when_every_ring_comes_ten_times(make_lab: MakeLab, stack: Stack, jobs: int) -> None:
    lab = make_lab(stack)
    faults.ring_ten_times(lab, jobs)
    lab.verify("ten rings each")
    limit_s = 60 + jobs * 9 / DEAD_RINGS_A_SECOND
    wait_until(
        lambda: lab.ask(DEAD_RINGS) >= jobs * 9, limit_s, lambda: f"nine of ten rings are dead: {lab.ask(DEAD_RINGS)}"
    )


@cases("postgres+redis/threads8", "sqlite+files/prefork2", rabbitmq=True)
def test_jobs_are_done_when_their_rings_were_never_sent(make_lab: MakeLab, stack: Stack, jobs: int) -> None:
    lab = make_lab(stack)
    faults.lose_rings(lab, jobs)
    lab.verify("killed between commit and ring")


@cases("postgres+redis/prefork2", most="redis", rabbitmq=True)
def test_jobs_are_accepted_at_once_when_the_broker_is_dead(make_lab: MakeLab, stack: Stack, jobs: int) -> None:
    lab = make_lab(stack)
    faults.enqueue_while_broker_is_dead(lab, jobs)
    lab.verify(f"accepted without broker, slowest in {lab.slowest_enqueue_s:.3f} s")
    assert lab.slowest_enqueue_s < ANSWERED_S


@cases(most="redis", rabbitmq=True)
def test_jobs_are_accepted_at_once_when_the_broker_is_silent(make_lab: MakeLab, stack: Stack, jobs: int) -> None:
    lab = make_lab(stack)
    faults.enqueue_while_broker_is_silent(lab, jobs)
    lab.verify(f"accepted with a silent broker, slowest in {lab.slowest_enqueue_s:.3f} s")
    assert lab.slowest_enqueue_s < ANSWERED_S


def test_campaigns_are_accepted_at_once_when_the_broker_is_silent_or_dead(make_lab: MakeLab) -> None:
    lab = make_lab(STACKS["postgres+redis/threads8"])
    lab.start_worker()
    studio = Studio(lab.nightdesk, lab.nightdesk.web().wait_ready())
    before = studio.create_campaign("Before")
    wait_until(lambda: studio.status(before.body["id"]) == "completed", 30, "the first campaign is written")
    broker = faults.broker_of(lab)

    broker.freeze()
    answers = [studio.create_campaign(f"Silent {number}") for number in range(5)]
    broker.kill9()
    answers += [studio.create_campaign(f"Dead {number}") for number in range(5)]
    assert [answer.status for answer in answers] == [201] * 10
    assert [answer.body["ai_processing_status"] for answer in answers] == ["pending"] * 10
    assert max(answer.after_s for answer in answers) < ANSWERED_S

    broker.start()
    wait_until(lambda: {studio.status(answer.body["id"]) for answer in answers} == {"completed"}, 60, "all are written")
