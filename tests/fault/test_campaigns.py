"""A campaign of six channels under kills: what is written stays written, and it is written to the end."""

import json

import pytest

from nightdesk.providers.text.channels import CHANNELS
from tests.fault import faults
from tests.fault.dying_web import LAST_WORDS
from tests.fault.lab import Lab, MakeLab
from tests.fault.stacks import STACKS
from tests.fault.studio import Studio, ask_for_campaign
from tests.support.processes import wait_until

pytestmark = pytest.mark.fault
_ASK_FOR_STEPS = """
import sys
from nightdesk.engine.enqueue import enqueue
from tests.support.kinds import Steps
print(enqueue(Steps(names=sys.argv[1:], seconds=0.3)))
"""
CASES = pytest.mark.parametrize(
    "name",
    [
        "postgres+redis/prefork2",
        pytest.param("sqlite+files/prefork2", marks=pytest.mark.soak),
        pytest.param("postgres+redis/threads8", marks=pytest.mark.soak),
        pytest.param("sqlite+files/threads8", marks=pytest.mark.soak),
    ],
)


@CASES
def test_campaign_of_six_channels_is_written_once_when_its_workers_are_killed(make_lab: MakeLab, name: str) -> None:
    lab = make_lab(STACKS[name])
    faults.kill_in_steps(lab, lambda: ask_for_campaign(lab.nightdesk))
    check_steps(lab, list(CHANNELS))
    [(status, error)] = lab.nightdesk.sql("SELECT ai_processing_status, ai_processing_error FROM campaigns_campaign")
    assert (status, error) == ("completed", "")
    pieces = lab.nightdesk.sql("SELECT channel, made_by FROM campaigns_contentpiece ORDER BY id")
    assert pieces == [(channel, "template") for channel in CHANNELS]


@CASES
def test_steps_of_a_job_are_done_once_when_its_workers_are_killed(make_lab: MakeLab, name: str) -> None:
    lab = make_lab(STACKS[name])
    names = ["one", "two", "three", "four", "five", "six"]
    faults.kill_in_steps(lab, lambda: lab.nightdesk.run_script(_ASK_FOR_STEPS, *names).strip())
    check_steps(lab, names)
    [(result,)] = lab.nightdesk.sql("SELECT result FROM engine_jobpayload")
    assert json.loads(result) == [name.upper() for name in names]


def test_campaign_is_written_when_the_web_process_dies_between_commit_and_ring(make_lab: MakeLab) -> None:
    lab = make_lab(STACKS["postgres+redis/prefork2"], extra_tasks=["tests.fault.dying_web"])
    lab.start_worker()
    web = lab.nightdesk.web().wait_ready()
    studio = Studio(lab.nightdesk, web)
    with pytest.raises(ConnectionError):
        studio.create_campaign(LAST_WORDS)
    assert web.wait(10) == faults.DIED_BY_KILL

    [(campaign_id,)] = lab.nightdesk.sql("SELECT id FROM campaigns_campaign")
    wait_until(
        lambda: studio.status(campaign_id) == "completed", 30, lambda: f"it is written: {lab.nightdesk.states()}"
    )
    [(ring, runs)] = lab.nightdesk.sql("SELECT ring, runs FROM engine_job")
    assert (ring.rpartition(".")[2], runs) == ("2", 1)  # the first ring was never sent, the sweeper's second was


def check_steps(lab: Lab, names: list[str]) -> None:
    """Each step was done, none more often than once and once a kill, and the job's end was accepted once."""
    kills, steps = len(lab.kills), lab.steps()
    verdict = lab.verify(f"six steps, {kills} kills, {len(steps)} steps run", most_reruns=kills)
    assert kills > 0
    assert verdict.reruns > 0
    assert list(dict.fromkeys(steps)) == names
    assert len(names) < len(steps) <= len(names) + kills
