"""Exports: rows a second beside a bare COPY of the same columns in the same run, and the memory that they take."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Final

from benchmarks.figures.memory import PeakMemory
from benchmarks.lab import Lab
from benchmarks.numbers import median, write_spread
from benchmarks.scale import Scale
from benchmarks.table import Figure
from tests.support.nightdesk import Worker

WANTED_SHARE: Final = 0.8
MOST_MEMORY_BYTES: Final = 150_000_000
LIMIT_S: Final = 900
LOOK_S: Final = 0.5

COLUMNS: Final = ("id", "name", "brief", "product", "audience", "language", "ai_processing_status", "created_at", "updated_at")  # fmt: skip

#: Text as people write it: some of it with commas and quotes, one row in a hundred with a formula.
_FILL: Final = """
INSERT INTO campaigns_campaign (name, brief, product, audience, tone, channels, language, brand_warnings, created_at,
  updated_at, ai_processing_status, ai_processing_error, generation)
SELECT CASE WHEN g % 100 = 0 THEN '=' ELSE '' END || 'Campaign number ' || g,
  'Tell young parents in the suburbs, who "have no time", that dinner can be ready in ten minutes. Be warm, be short.',
  'Ten-minute dinners', 'Young parents', '', '["blog"]', 'en', '[]', {moment}, {moment}, 'completed', '', 1
FROM {numbers}
"""
_POSTGRES: Final = _FILL.format(
    moment="now() - g * interval '1.000321 second'", numbers="generate_series(1, {rows}) AS numbers (g)"
)
_SQLITE: Final = (
    "WITH RECURSIVE numbers (g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM numbers WHERE g < {rows}) "
    + _FILL.format(moment="strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || g || ' seconds')", numbers="numbers")
)

_BARE: Final = """
import os, sys, tempfile, time
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor, tempfile.TemporaryFile() as file:
    cursor.execute("SET statement_timeout = 0")
    began = time.perf_counter()
    with cursor.copy("COPY (SELECT " + sys.argv[1] + " FROM campaigns_campaign ORDER BY id) TO STDOUT WITH (FORMAT csv)") as blocks:
        for block in blocks:
            file.write(block)
    file.flush()
    os.fsync(file.fileno())
    print(time.perf_counter() - began)
"""
_ORDER: Final = """
import json, sys
import django
django.setup()
from nightdesk.exports.tasks import export_data_to_csv
print(export_data_to_csv.delay("campaign", {}, json.loads(sys.argv[1])).id)
"""
_TOOK: Final[dict[str, str]] = {
    "postgres": "SELECT extract(epoch FROM finished_at - started_at)::float FROM engine_job WHERE id = %s",
    "sqlite": "SELECT (julianday(finished_at) - julianday(started_at)) * 86400.0 FROM engine_job WHERE id = %s",
}


def measure(scale: Scale) -> Iterator[Figure]:
    """Export on PostgreSQL, in turn with bare COPY, and on SQLite."""
    with Lab("postgres", "files") as lab:
        _fill(lab, scale.exported_rows)
        yield from _measure_postgres(lab, scale)
    with Lab("sqlite", "files") as lab:
        _fill(lab, scale.exported_rows)
        took, memory = _export_watched(lab, _start(lab))
        yield Figure(
            what=f"{scale.exported_rows:,} rows to CSV on SQLite, {len(COLUMNS)} columns, in a worker's process",
            reach=f"under {MOST_MEMORY_BYTES / 1e6:g} MB",
            ours=f"{memory.peak_bytes / 1e6:.0f} MB; {scale.exported_rows / took:,.0f} rows/s",
            met=memory.peak_bytes < MOST_MEMORY_BYTES,
        )


def _measure_postgres(lab: Lab, scale: Scale) -> Iterator[Figure]:
    worker = _start(lab)
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(scale.repetitions):
        bare.append(scale.exported_rows / float(lab.run_script(_BARE, ", ".join(COLUMNS), limit_s=LIMIT_S)))
        ours.append(scale.exported_rows / _export(lab))
        print(f"  bare {bare[-1]:,.0f} rows/s, ours {ours[-1]:,.0f} rows/s", file=sys.stderr, flush=True)
    share = median(ours) / median(bare)
    yield Figure(
        what=f"{scale.exported_rows:,} rows to CSV on PostgreSQL, {len(COLUMNS)} columns, defused and hashed, file stored",
        reach=f"{WANTED_SHARE:.0%} of bare COPY",
        ours=f"{write_spread(ours)} rows/s",
        peers=f"COPY through psycopg into a file: {write_spread(bare)} rows/s",
        ratio=f"{share:.2f}",
        met=share >= WANTED_SHARE,
    )
    _, memory = _export_watched(lab, worker)
    yield Figure(
        what="the most that the worker's process holds meanwhile, after the exports before",
        reach=f"under {MOST_MEMORY_BYTES / 1e6:g} MB",
        ours=f"{memory.peak_bytes / 1e6:.0f} MB",
        met=memory.peak_bytes < MOST_MEMORY_BYTES,
    )


def _fill(lab: Lab, rows: int) -> None:
    lab.migrate()
    statement = (_POSTGRES if lab.database == "postgres" else _SQLITE).replace("{rows}", str(rows))
    lab.sql(statement)
    lab.sql("VACUUM ANALYZE campaigns_campaign" if lab.database == "postgres" else "ANALYZE")


def _start(lab: Lab) -> Worker:
    return lab.worker("cpu", pool="prefork", concurrency=1, queues=["cpu"]).wait_ready()


def _export_watched(lab: Lab, worker: Worker) -> tuple[float, PeakMemory]:
    """Run one export; return the seconds from its start to its end, and what its process held.

    Looking at all processes ten times a second takes a tenth of a core: speed is measured without.
    """
    (child,) = worker.children()
    with PeakMemory(child) as memory:
        took = _export(lab)
    return took, memory


def _export(lab: Lab) -> float:
    """Run one export; return the seconds from its start to its end. Asks twice a second: both cores are at work."""
    job_id = lab.run_script(_ORDER, json.dumps(COLUMNS), limit_s=LIMIT_S).split()[-1]
    key = job_id if lab.database == "postgres" else job_id.replace("-", "")
    deadline = time.monotonic() + LIMIT_S
    while (state := _state(lab, key)) in {"waiting", "running"} and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    if state != "succeeded":
        raise RuntimeError(f"the export is {state}")
    return float(str(lab.sql(_TOOK[lab.database], [key])[0][0]))


def _state(lab: Lab, key: str) -> str:
    return str(lab.sql("SELECT state FROM engine_job WHERE id = %s", [key])[0][0])
