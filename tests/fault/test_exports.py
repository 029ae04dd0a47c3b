"""An export whose process is killed while it writes: it is written once, and nothing of the dead run is left."""

import csv
import hashlib
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.support.nightdesk import MakeInstallation
from tests.support.processes import wait_until

pytestmark = pytest.mark.fault

ROWS = 20_000
FILL = """
import django
django.setup()
from nightdesk.campaigns.models import Campaign
from nightdesk.exports.tasks import export_data_to_csv

rows = [Campaign(name=f"Campaign {number}", brief="x" * 3_000, channels=[], language="en") for number in range(%d)]
Campaign.objects.bulk_create(rows, batch_size=5_000)
print(export_data_to_csv.delay("campaign", {}, ["id", "name", "brief"]).id)
"""
MORE = """
import django
django.setup()
from nightdesk.exports.tasks import export_data_to_csv

for _ in range(%d):
    export_data_to_csv.delay("campaign", {}, ["id", "name", "brief"])
"""


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_export_whose_process_is_killed_is_written_once(make_installation: MakeInstallation) -> None:
    nightdesk = make_installation(database="sqlite", broker="files")
    uploads, media = nightdesk.data_dir / "uploads", nightdesk.data_dir / "media"
    worker = nightdesk.worker("cpu", pool="prefork", concurrency=1, queues=["cpu"]).wait_ready()
    (child,) = {one.pid for one in worker.children()}
    nightdesk.run_script(FILL % ROWS)

    wait_until(
        lambda: sum(path.stat().st_size for path in uploads.glob("export-*.part")) > 1_000_000, 30, "rows are written"
    )
    psutil.Process(child).kill()

    nightdesk.done(1, limit_s=60)
    assert nightdesk.sql("SELECT state, runs FROM engine_job") == [("succeeded", 2)]
    assert nightdesk.sql("SELECT state, rows FROM exports_export") == [("ready", ROWS)]
    [(name, is_whole, sha256)] = nightdesk.sql(
        "SELECT name, is_whole, sha256 FROM exports_exportfile WHERE doomed_at IS NULL"
    )
    assert (files_below(media), is_whole) == ([media / str(name)], 1)
    data = (media / str(name)).read_bytes()
    assert hashlib.sha256(data).hexdigest() == sha256
    assert len(list(csv.reader(data.decode().splitlines()))) == ROWS + 1
    assert files_below(uploads) == []


@pytest.mark.soak
def test_exports_whose_whole_workers_are_killed_are_each_written_once(make_installation: MakeInstallation) -> None:
    count = 16
    nightdesk = make_installation(database="postgres", broker="redis")
    uploads, media = nightdesk.data_dir / "uploads", nightdesk.data_dir / "media"
    nightdesk.run_script(FILL % ROWS)
    nightdesk.run_script(MORE % (count - 1))
    worker = nightdesk.worker("cpu", pool="prefork", concurrency=2, queues=["cpu"])

    def is_at_it(written: int) -> bool:
        begun = sum(path.stat().st_size for path in uploads.glob("export-*.part"))
        return nightdesk.states()["succeeded"] >= written and begun > 1_000_000

    for kill in range(1, 4):
        wait_until(partial(is_at_it, 4 * kill), 120, "some are written, and one is being written")
        worker.kill9()
        worker = nightdesk.worker(f"cpu{kill}", pool="prefork", concurrency=2, queues=["cpu"])

    nightdesk.done(count, limit_s=180)
    assert nightdesk.states() == {"succeeded": count}
    assert nightdesk.sql("SELECT DISTINCT state, rows FROM exports_export") == [("ready", ROWS)]
    kept: dict[str, str] = dict(
        nightdesk.sql("SELECT name, sha256 FROM exports_exportfile WHERE is_whole AND doomed_at IS NULL")
    )
    assert len(kept) == count
    assert {str(path.relative_to(media)) for path in files_below(media)} == kept.keys()
    assert {hashlib.sha256((media / str(name)).read_bytes()).hexdigest() for name in kept} == set(kept.values())
    assert files_below(uploads) == []
