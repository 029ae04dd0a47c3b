"""An export from its order to its file, and what is left of one that does not get there: nothing."""

import errno
import hashlib
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from nightdesk.accounts.models import User
from nightdesk.campaigns.models import Campaign
from nightdesk.core.errors import Misconfigured
from nightdesk.core.ids import new_job_id
from nightdesk.engine import actions
from nightdesk.engine.interrupts import Cancelled
from nightdesk.engine.models import Job
from nightdesk.engine.queries import error_of, result_of
from nightdesk.engine.testing import run_job
from nightdesk.exports import services
from nightdesk.exports.errors import DiskFull, FileLost
from nightdesk.exports.models import Export, ExportFile
from nightdesk.exports.services import files as export_files
from nightdesk.exports.services.writing import columnar
from nightdesk.exports.tasks import export_data_to_csv
from nightdesk.images.stores import Folder
from tests.integration.images.store import Store

#: PostgreSQL is looked at in a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)


class FullDisk(Folder):
    """A folder on a disk that takes half of each file."""

    def _save(self, name: str, content: IO[Any]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read(8))
        raise OSError(errno.ENOSPC, "No space left on device")


def nothing() -> None:
    """Go on."""


def order(user: User, **asked: Any) -> Export:
    return services.order_export(
        **{"model_name": "campaign", "filters": {}, "fields": ["id", "name"], **asked},
        user_id=user.pk,
        is_operator=user.is_operator,
    )


def make_campaigns(count: int = 2) -> None:
    Campaign.objects.bulk_create(
        Campaign(name=f"=Campaign {number}", brief="b", channels=[], language="en") for number in range(count)
    )


def read(file: ExportFile) -> bytes:
    with default_storage.open(file.name, "rb") as opened:
        return bytes(opened.read())


def left(temporaries: Path) -> list[str]:
    return [path.name for path in temporaries.iterdir()]


def test_an_export_ends_with_its_file_and_its_job(ada: User, store: Store, temporaries: Path) -> None:
    make_campaigns(2)
    export = order(ada)

    job = run_job(export.task_id)

    export.refresh_from_db()
    file = export.files.get()
    data = read(file)
    assert data.decode().splitlines()[0] == "id,name"
    assert data.decode().count(",'=Campaign") == 2
    assert (file.is_whole, file.size_bytes, file.sha256) == (True, len(data), hashlib.sha256(data).hexdigest())
    assert (export.state, export.rows, export.error) == ("ready", 2, "")
    assert export.finished_at is not None
    assert export.expires_at == export.finished_at + timedelta(days=7)
    assert (job.state, result_of(job)) == (
        "succeeded",
        {
            "success": True,
            "message": "Exported 2 rows.",
            "rows": 2,
            "size_bytes": len(data),
            "sha256": file.sha256,
            "export_id": export.pk,
            "download_url": f"/api/exports/{export.pk}/download/",
        },
    )
    assert store.files() == [file.name]
    assert left(temporaries) == []
    assert "ada" not in file.name
    assert "campaign" not in file.name


def test_an_export_from_the_shell_makes_its_own_row_and_sees_all(ada: User, bob: User) -> None:
    result = export_data_to_csv.delay("user", {"status": "active"}, ["email"])

    run_job(UUID(result.id))

    export = Export.objects.get()
    assert (str(export.task_id), export.owner_id, export.state, export.rows) == (result.id, None, "ready", 2)
    assert list(services.exports_shown(user_id=bob.pk, is_operator=True)) == [export]
    assert list(services.exports_shown(user_id=bob.pk)) == []


def test_an_export_called_in_place_is_written_at_once(ada: User) -> None:
    result = export_data_to_csv("user", fields=["id", "email"])

    assert (
        read(Export.objects.get(pk=result["export_id"]).files.get()) == f"id,email\n{ada.pk},ada@example.org\n".encode()
    )


def test_an_export_has_the_rows_that_its_owner_may_see_when_it_runs(ada: User, bob: User) -> None:
    export = order(bob, model_name="user", fields=["email"])
    type(bob).objects.filter(pk=bob.pk).update(role="member")

    run_job(export.task_id)

    assert read(export.files.get()) == b'"email"\n"bob@example.org"\n'


def test_an_export_of_somebody_who_may_not_come_in_any_more_fails(bob: User, store: Store) -> None:
    export = order(bob, model_name="user", fields=["email"])
    type(bob).objects.filter(pk=bob.pk).update(status="disabled")

    job = run_job(export.task_id)

    export.refresh_from_db()
    assert (job.state, export.state) == ("failed", "failed")
    assert export.error == "Whoever asked for this export may not come in any more."
    assert store.files() == []


def test_a_full_store_leaves_nothing_and_is_tried_again(
    ada: User, settings: Settings, store: Store, temporaries: Path
) -> None:
    export = order(ada)
    good = settings.STORAGES
    bad = f"{__name__}.{FullDisk.__name__}"
    settings.STORAGES = {**good, "default": {"BACKEND": bad, "OPTIONS": good["default"]["OPTIONS"]}}

    job = run_job(export.task_id)

    error = error_of(job)
    assert (job.state, error and error.code) == ("waiting", "disk_full")
    assert (store.files(), left(temporaries)) == ([], [])
    assert ExportFile.objects.count() == 0

    settings.STORAGES = good
    Job.objects.filter(pk=job.pk).update(run_at=timezone.now() - timedelta(seconds=1))
    assert run_job(export.task_id).state == "succeeded"
    assert Export.objects.get().pk == export.pk
    assert len(store.files()) == 1


@contextmanager
def small_files(most_bytes: int) -> Iterator[None]:
    """Let no file of this process grow larger, as a full disk would not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_disk_that_fills_while_rows_are_written_leaves_nothing(ada: User, store: Store, temporaries: Path) -> None:
    def write(out: BinaryIO) -> None:
        with small_files(300_000):
            out.writelines(b"x" * 100_000 for _ in range(100))

    with pytest.raises(DiskFull, match="The disk is full"):
        services.write_file(job_id=new_job_id(), format="csv", write=write)

    assert (store.files(), left(temporaries)) == ([], [])
    assert ExportFile.objects.get().doomed_at is not None  # its row goes when no write can be on its way any more


def test_a_cancelled_export_leaves_nothing(ada: User, store: Store, temporaries: Path) -> None:
    export = order(ada, format="xlsx")

    def write(out: BinaryIO) -> None:
        out.write(b"half")
        raise Cancelled

    with pytest.raises(Cancelled):
        services.write_file(export=export, job_id=export.task_id, format="xlsx", write=write)
    actions.cancel(job_id=export.task_id)

    export.refresh_from_db()
    assert (export.state, export.error) == ("cancelled", "")
    assert (store.files(), left(temporaries)) == ([], [])


def test_a_file_that_was_swept_while_it_was_made_does_not_count(ada: User, store: Store) -> None:
    job_id = new_job_id()

    def write(out: BinaryIO) -> None:
        out.write(b"half")
        services.drop_loose_files(job_id=job_id)  # the run was taken for dead, and the next one began

    with pytest.raises(FileLost):
        services.write_file(job_id=job_id, format="csv", write=write)

    assert store.files() == []


def test_the_next_run_drops_what_a_dead_one_left(ada: User, store: Store) -> None:
    export = order(ada)
    services.write_file(export=export, job_id=export.task_id, format="csv", write=lambda out: out.write(b"old"))
    assert len(store.files()) == 1

    run_job(export.task_id)

    assert store.files() == [export.files.get().name]
    assert export.files.get().is_whole


def test_parquet_without_its_extra_names_it(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "find_spec", lambda _name: None)

    with pytest.raises(Misconfigured, match=r"Install nightdesk\[parquet\]"):
        order(ada, format="parquet")


# ---- what is over its time


def test_a_sweep_removes_what_is_over_its_time(ada: User, store: Store) -> None:
    kept, old = order(ada), order(ada)
    run_job(kept.task_id)
    run_job(old.task_id)
    Export.objects.filter(pk=old.pk).update(expires_at=timezone.now())

    assert services.sweep_exports(check=nothing, dry_run=True).deleted_files == 1
    assert len(store.files()) == 2
    swept = services.sweep_exports(check=nothing)

    assert (swept.expired_exports, swept.deleted_files, swept.left_files) == (1, 1, 0)
    assert store.files() == [kept.files.get().name]
    old.refresh_from_db()
    assert old.state == "expired"
    assert services.sweep_exports(check=nothing) == services.Swept()


def test_a_sweep_removes_what_killed_runs_left(ada: User, store: Store, temporaries: Path) -> None:
    services.write_file(job_id=new_job_id(), format="csv", write=lambda out: out.write(b"half"))
    stranded = order(ada)
    Job.objects.filter(pk=stranded.task_id).delete()
    part = temporaries / "export-1-ab.part"
    part.write_bytes(b"half")
    assert services.sweep_exports(check=nothing) == services.Swept()  # all of it may still be on its way

    long_ago = timezone.now() - export_files.WRITE_TAKES - timedelta(seconds=1)
    ExportFile.objects.update(created_at=long_ago)
    Export.objects.update(created_at=long_ago)
    os.utime(part, (long_ago.timestamp(), long_ago.timestamp()))
    swept = services.sweep_exports(check=nothing)

    assert (swept.deleted_files, swept.mended_rows, swept.removed_temporaries) == (1, 1, 1)
    assert (store.files(), left(temporaries), ExportFile.objects.count()) == ([], [], 0)
    stranded.refresh_from_db()
    assert (stranded.state, stranded.error) == ("failed", "Its job is gone. Ask for it again.")


def test_the_files_of_a_deleted_export_or_owner_go(ada: User, bob: User, store: Store) -> None:
    mine, theirs = order(ada), order(bob)
    run_job(mine.task_id)
    run_job(theirs.task_id)

    services.delete_export(export_id=mine.pk, user_id=ada.pk)
    assert store.files() == [theirs.files.get().name]

    bob.delete()
    services.sweep_exports(check=nothing)
    assert store.files() == []
