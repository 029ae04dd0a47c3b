"""Two real beats over one database: each tick becomes one job, and a pause of ten ticks becomes one."""

import itertools
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import pytest

from tests.support.nightdesk import Installation
from tests.support.postgres import Postgres
from tests.support.processes import wait_until

TICK = timedelta(milliseconds=250)
MAKE_SCHEDULE = """
import datetime, sys
from django_celery_beat.models import IntervalSchedule, PeriodicTask
every = IntervalSchedule.objects.create(every=int(sys.argv[1]), period="microseconds")
PeriodicTask.objects.create(name="tick", task="tests.noop", interval=every)
"""
#: The schedules that every installation has come due in between; only ours counts.
FIRED = "SELECT at FROM fired JOIN django_celery_beat_periodictask t ON t.id = fired.schedule WHERE t.name = 'tick' ORDER BY at"
JOBS = "SELECT count(*) FROM engine_job WHERE kind = 'tests.noop'"
#: Every moment for which a beat has moved the cursor, as the database itself saw it.
WATCH = {
    "sqlite": [
        "CREATE TABLE fired (schedule INTEGER, at TEXT)",
        (
            "CREATE TRIGGER first_fired AFTER INSERT ON engine_schedulecursor "
            "BEGIN INSERT INTO fired VALUES (new.schedule_id, new.fired_for); END"
        ),
        (
            "CREATE TRIGGER then_fired AFTER UPDATE ON engine_schedulecursor "
            "BEGIN INSERT INTO fired VALUES (new.schedule_id, new.fired_for); END"
        ),
    ],
    "postgres": [
        "CREATE TABLE fired (schedule bigint, at timestamptz)",
        """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO fired VALUES (NEW.schedule_id, NEW.fired_for); RETURN NEW; END'""",
        "CREATE TRIGGER fired AFTER INSERT OR UPDATE ON engine_schedulecursor FOR EACH ROW EXECUTE FUNCTION note()",
    ],
}


class Clockwork:
    """An installation with a schedule of four ticks a second and a record of those that were fired."""

    def __init__(self, installation: Installation, every: timedelta) -> None:
        self.installation, self.every = installation, every
        for statement in WATCH[installation.database]:
            installation.sql(statement)
        installation.run_script(MAKE_SCHEDULE, str(int(every / timedelta(microseconds=1))))

    def fired(self) -> list[datetime]:
        found = [at for (at,) in self.installation.sql(FIRED)]
        return [at if isinstance(at, datetime) else datetime.fromisoformat(at) for at in found]

    def gaps(self) -> list[int]:
        """Count, between each two neighbours that were fired, how many ticks lie between."""
        fired = self.fired()
        return [round((later - earlier) / self.every) for earlier, later in itertools.pairwise(fired)]

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.fired()) >= count, 60, lambda: f"{count} ticks are fired: {self.fired()}")

    def jobs(self) -> int:
        return int(self.installation.sql(JOBS)[0][0])


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_two_beats_make_one_job_of_each_tick(
    make_installation: Callable[..., Installation], database: Literal["sqlite", "postgres"]
) -> None:
    clockwork = Clockwork(
        make_installation(database=database, extra_tasks=["tests.support.kinds"]), timedelta(seconds=1)
    )
    beats = [clockwork.installation.beat(f"beat-{number}") for number in range(2)]
    clockwork.wait_for(6)
    assert [beat.stop() for beat in beats] == [0, 0]

    assert clockwork.gaps() == [1] * (len(clockwork.fired()) - 1)
    assert clockwork.jobs() == len(clockwork.fired())


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_pause_of_ten_ticks_makes_one_job(
    make_installation: Callable[..., Installation], database: Literal["sqlite", "postgres"]
) -> None:
    clockwork = Clockwork(make_installation(database=database, extra_tasks=["tests.support.kinds"]), TICK)
    beats = [clockwork.installation.beat(f"beat-{number}") for number in range(2)]
    clockwork.wait_for(4)
    for beat in beats:
        beat.freeze()
    before = len(clockwork.fired())
    frozen_at = time.monotonic()
    wait_until(lambda: time.monotonic() - frozen_at > 12 * TICK.total_seconds(), 30, "twelve ticks have passed")
    for beat in beats:
        beat.thaw()
    clockwork.wait_for(before + 4)
    assert [beat.stop() for beat in beats] == [0, 0]

    assert sum(gap > 10 for gap in clockwork.gaps()) == 1
    assert min(clockwork.gaps()) == 1
    assert clockwork.jobs() == len(clockwork.fired())


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_beat_started_again_after_a_kill_makes_up_for_the_latest_tick_only(
    make_installation: Callable[..., Installation], database: Literal["sqlite", "postgres"]
) -> None:
    clockwork = Clockwork(make_installation(database=database, extra_tasks=["tests.support.kinds"]), TICK)
    beat = clockwork.installation.beat("beat-a")
    clockwork.wait_for(2)
    beat.kill9()
    before = len(clockwork.fired())
    beat = clockwork.installation.beat("beat-b")
    clockwork.wait_for(before + 2)
    assert beat.stop() == 0

    assert min(clockwork.gaps()) == 1
    assert clockwork.jobs() == len(clockwork.fired())


def test_beat_goes_on_when_the_database_comes_back(
    make_installation: Callable[..., Installation], private_postgres: Postgres
) -> None:
    installation = make_installation(
        database="postgres", postgres=private_postgres, extra_tasks=["tests.support.kinds"]
    )
    clockwork = Clockwork(installation, TICK)
    beat = installation.beat()
    clockwork.wait_for(2)
    private_postgres.kill9()
    beat.wait_for_log("the database is away", 30)
    late_beat = installation.beat("late-beat")  # one that starts while nobody answers
    late_beat.wait_for_log("the database is away", 30)
    private_postgres.start()
    before = len(clockwork.fired())
    clockwork.wait_for(before + 2)
    assert [beat.stop(), late_beat.stop()] == [0, 0]

    assert clockwork.jobs() == len(clockwork.fired())
    assert [each.printed().count("the database is away") for each in (beat, late_beat)] == [1, 1]
