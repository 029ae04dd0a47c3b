"""Reports: how long a year's activity over many rows takes, from the start of its job to its end, in all its forms."""

import json
from collections.abc import Iterator
from typing import Final

from benchmarks.lab import Lab
from benchmarks.numbers import median, write_spread
from benchmarks.scale import Scale
from benchmarks.table import Figure
from tests.support.nightdesk import Database
from tests.support.processes import wait_until

#: What was done in a year, as the target says; `--quick` counts as many, for fewer would be another question.
ROWS: Final = 1_000_000
WANTED_S: Final = 3.0
LIMIT_S: Final = 600
DATABASES: Final[tuple[Database, ...]] = ("postgres", "sqlite")
_PEOPLE: Final = 40

_MAKE_PEOPLE: Final = f"""
import django
django.setup()
from nightdesk.accounts.services import create_user
for number in range({_PEOPLE}):
    create_user(email=f"person{{number}}@example.org", first_name=f"Person {{number}}")
"""
#: Spread over the 364 days before this moment, by forty people, in every way; one in twelve by nobody.
_FILL: Final = """
INSERT INTO activity_activity (at, actor_id, actor_name, action, subject, title, source)
SELECT {moment}, CASE WHEN g % 12 = 0 THEN NULL ELSE (SELECT min(id) FROM accounts_user) + g % {people} END, '',
  {action}, 'campaign:' || g % 5000, 'Spring offer', {source}
FROM {numbers}
"""
_CASES: Final = (
    "CASE g % 7 WHEN 0 THEN 'campaign.create' WHEN 1 THEN 'piece.change' WHEN 2 THEN 'post.change' "
    "WHEN 3 THEN 'sign_in' WHEN 4 THEN 'asset.upload' WHEN 5 THEN 'post.create' ELSE 'job.retry' END"
)
_SOURCES: Final = "CASE g % 5 WHEN 0 THEN 'api' WHEN 1 THEN 'schedule' ELSE 'page' END"
_EVERY_S: Final = 364 * 86_400 / ROWS
_FILLS: Final[dict[Database, str]] = {
    "postgres": _FILL.format(
        moment=f"now() - g * interval '{_EVERY_S} second'",
        numbers=f"generate_series(1, {ROWS}) AS numbers (g)",
        people=_PEOPLE,
        action=_CASES,
        source=_SOURCES,
    ),
    "sqlite": f"WITH RECURSIVE numbers (g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM numbers WHERE g < {ROWS}) "
    + _FILL.format(
        moment=f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (g * {_EVERY_S}) || ' seconds')",
        numbers="numbers",
        people=_PEOPLE,
        action=_CASES,
        source=_SOURCES,
    ),
}
_ORDER: Final = """
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from nightdesk.exports.tasks import generate_admin_report
today = timezone.localdate()
print(generate_admin_report.delay("activity", str(today - timedelta(days=364)), str(today), ["noor@example.org"]).id)
"""
_SPLIT: Final = """
import io, json, time
import django
django.setup()
from datetime import timedelta
from django.conf import settings
from django.utils import timezone
from nightdesk.exports.services.reports import build_dataset, draw_charts, set_pdf
from nightdesk.exports.services.reports.lines import write_lines
today, took = timezone.localdate(), {}

def timed(name, call):
    began = time.perf_counter()
    found = call()
    took[name] = time.perf_counter() - began
    return found

asked = {"report_type": "activity", "date_from": today - timedelta(days=364), "date_to": today}
dataset = timed("counting", lambda: build_dataset(**asked, time_zone=settings.TIME_ZONE))
timed("charts", lambda: draw_charts(dataset))
timed("PDF", lambda: set_pdf(dataset=dataset, made_at=timezone.now(), site="Nightdesk"))
timed("CSV", lambda: write_lines(dataset=dataset, out=io.BytesIO()))
print(json.dumps({"took": took, "things": dataset["totals"][0]["value"]}))
"""
_TOOK: Final[dict[Database, str]] = {
    "postgres": "SELECT extract(epoch FROM finished_at - started_at)::float FROM engine_job WHERE id = %s",
    "sqlite": "SELECT (julianday(finished_at) - julianday(started_at)) * 86400.0 FROM engine_job WHERE id = %s",
}


def measure(scale: Scale) -> Iterator[Figure]:
    """Make a year's activity report on both databases, several times each, by a worker."""
    for database in DATABASES:
        with Lab(database, "files") as lab:
            _fill(lab, database)
            lab.worker("cpu", pool="prefork", concurrency=1, queues=["cpu"]).wait_ready()
            took = [_make(lab, database) for _ in range(scale.repetitions)]
            split = _measure_split(lab)
        yield Figure(
            what=f"a year's activity report over {ROWS:,} rows on {database}: numbers, PDF, CSV, a mail",
            reach=f"under {WANTED_S:g} s" if database == "postgres" else "",
            ours=f"{write_spread(took, '.2f')} s ({split})",
            met=median(took) < WANTED_S if database == "postgres" else None,
        )


def _fill(lab: Lab, database: Database) -> None:
    lab.migrate()
    lab.run_script(_MAKE_PEOPLE)
    lab.sql(_FILLS[database])
    lab.sql("VACUUM ANALYZE activity_activity" if database == "postgres" else "ANALYZE")


def _make(lab: Lab, database: Database) -> float:
    """Make one report; return the seconds from the start of its job to its end."""
    job_id = lab.run_script(_ORDER, limit_s=LIMIT_S).split()[-1]
    key = job_id if database == "postgres" else job_id.replace("-", "")
    wait_until(lambda: _state(lab, key) not in {"waiting", "running"}, LIMIT_S, "the report is made")
    if _state(lab, key) != "succeeded":
        raise RuntimeError(f"the report is {_state(lab, key)}\n{lab.logs()}")
    return float(str(lab.sql(_TOOK[database], [key])[0][0]))


def _measure_split(lab: Lab) -> str:
    """Say how the time is divided, measured in a process of its own; make sure that all rows were counted."""
    said = json.loads(lab.run_script(_SPLIT, limit_s=LIMIT_S).splitlines()[-1])
    # The oldest rows fall out of the window only when midnight passes while this runs.
    if said["things"] < ROWS * 0.99:
        raise RuntimeError(f"the report counted {said['things']:,} of {ROWS:,} rows")
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in said["took"].items())


def _state(lab: Lab, key: str) -> str:
    return str(lab.sql("SELECT state FROM engine_job WHERE id = %s", [key])[0][0])
