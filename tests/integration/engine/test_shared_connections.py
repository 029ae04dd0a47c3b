"""A worker with many threads: bodies that wait hold no connection, also when they have used one before."""

from tests.integration.engine.patient_kinds import GATE
from tests.support.nightdesk import MakeInstallation
from tests.support.processes import wait_until

JOBS = 40
MOST_CONNECTIONS = 12
OUR_CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'nightdesk-%'"
)


def test_forty_jobs_wait_at_once_after_they_used_the_database(make_installation: MakeInstallation) -> None:
    nightdesk = make_installation(
        database="postgres", broker="redis", extra_tasks=["tests.integration.engine.patient_kinds"]
    )
    nightdesk.worker("a", pool="threads", concurrency=JOBS).wait_ready()
    nightdesk.run_script(
        f"from tests.integration.engine.patient_kinds import patient_task\nfor _ in range({JOBS}): patient_task.delay()"
    )

    wait_until(
        lambda: len(list(nightdesk.data_dir.glob("in-step-*"))) == JOBS, 30, "every job has come as far as its step"
    )
    assert nightdesk.sql(OUR_CONNECTIONS)[0][0] <= MOST_CONNECTIONS
    (nightdesk.data_dir / GATE).touch()

    nightdesk.done(JOBS, limit_s=30)
    assert nightdesk.states() == {"succeeded": JOBS}
