"""A kind that looks at the database, then waits for a gate inside a step, as one waits for a slow service."""

import uuid
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from tests.support.processes import wait_until

GATE = "gate"
GATE_LIMIT_S = 60


class Patient(JobArgs, name="tests.patient", retries=0):
    """Wait for the gate."""


@handles(Patient)
def patient_task(job: Patient, run: Run) -> int:
    """Count the users, then wait in a step; returns the count."""
    users: int = get_user_model().objects.count()
    run.step("wait", lambda: _wait_for_gate(run.job_id))
    return users


def _wait_for_gate(job_id: uuid.UUID) -> None:
    folder = Path(settings.DATA_DIR)
    (folder / f"in-step-{job_id}").touch()
    wait_until((folder / GATE).exists, GATE_LIMIT_S, "the gate is opened")
