"""PostgreSQL killed half-way: what it had committed counts, what it had not is done again."""

import pytest

from tests.fault import faults
from tests.fault.lab import MakeLab
from tests.fault.stacks import Stack, cases

pytestmark = pytest.mark.fault


@cases("postgres+redis/prefork2", "postgres+redis/threads8", most="postgres")
def test_jobs_are_done_once_when_postgres_is_killed_half_way(make_lab: MakeLab, stack: Stack, jobs: int) -> None:
    lab = make_lab(stack, own_database=True)
    faults.kill_postgres(lab, jobs)
    lab.verify("PostgreSQL killed")
    assert lab.ask("SELECT sum(crashes) FROM engine_job") == 0
