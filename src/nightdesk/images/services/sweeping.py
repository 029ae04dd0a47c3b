"""What nobody wants any more is removed: pictures whose time is over, files that belong to nobody.

Each step is a short transaction that dooms, then files are deleted one by one. What the store does not delete now keeps
its row and is tried again by the next sweep. Any number of sweeps may run at once.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from nightdesk.engine import sql
from nightdesk.engine.models import Job
from nightdesk.engine.states import UNFINISHED
from nightdesk.images.models import Asset, AssetState, StoredFile
from nightdesk.images.services.assets import release_files
from nightdesk.images.services.files import WRITE_TAKES, StoreAway, delete_doomed

#: An upload whose job has ended without reading it may still be tried again for a day; so may one that nobody registered.
INCOMING_KEPT: Final = timedelta(days=1)
#: How long a picture that is gone answers 410 before it answers 404: as long as the history of its job.
TOMBSTONE_KEPT: Final = timedelta(days=30)
_BATCH: Final = 500
#: A store that fails so often in a row is away: each further try would only wait for it.
_GIVE_UP_AFTER: Final = 3

logger: Final = structlog.get_logger("nightdesk.images")


@dataclass(slots=True)
class Swept:
    """What one sweep did. `left_files`: doomed, and not deleted yet."""

    expired_assets: int = 0
    abandoned_assets: int = 0
    deleted_files: int = 0
    left_files: int = 0


def sweep_files(*, check: Callable[[], None], dry_run: bool = False) -> Swept:
    """Remove all that is due, in batches; `check` is called between them and may raise. Safe to repeat.

    Never raises for the store's sake: what it does not delete is counted in `left_files`. A dry run counts what is due
    and removes nothing.
    """
    if dry_run:
        return _look()
    swept = Swept()
    for asset_id in _batches(_expired_ids, check):
        swept.expired_assets += _expire(asset_id)
    for asset_id in _batches(_abandoned_ids, check):
        swept.abandoned_assets += _forget(asset_id)
    _forget_tombstones()
    for names in _loose_names(check):
        StoredFile.objects.filter(name__in=names, asset=None, doomed_at=None).update(doomed_at=timezone.now())
    _delete_all(swept, check)
    _remove_old_temporaries(Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir()))
    return swept


def _look() -> Swept:
    of_assets = Q(asset__in=_expired().values("pk")) | Q(asset__in=_abandoned().values("pk"))
    due = StoredFile.objects.filter(of_assets | Q(doomed_at__isnull=False) | Q(pk__in=_loose().values("pk")))
    return Swept(expired_assets=_expired().count(), abandoned_assets=_abandoned().count(), deleted_files=due.count())


def _batches(find: Callable[[], list[str]], check: Callable[[], None]) -> Iterator[str]:
    """Yield ids until there are none; whoever consumes them must make them disappear from `find`."""
    while found := find():
        for asset_id in found:
            check()
            yield asset_id
        if len(found) < _BATCH:
            return


def _expired() -> QuerySet[Asset]:
    due = Asset.objects.filter(expires_at__lte=timezone.now(), expires_at__isnull=False)
    return due.exclude(state=AssetState.EXPIRED)


def _expired_ids() -> list[str]:
    return list(_expired().order_by("expires_at").values_list("pk", flat=True)[:_BATCH])


def _expire(asset_id: str) -> bool:
    """Take its files from a picture whose time is over, unless somebody kept it at this moment."""
    with sql.writing():
        moved = (
            Asset.objects.filter(pk=asset_id, kept_at=None, expires_at__lte=timezone.now())
            .exclude(state=AssetState.EXPIRED)
            .update(state=AssetState.EXPIRED)
        )
        if moved:
            release_files(asset_id)
    return bool(moved)


def _abandoned_ids() -> list[str]:
    return list(_abandoned().order_by("created_at").values_list("pk", flat=True)[:_BATCH])


def _abandoned() -> QuerySet[Asset]:
    """Find uploads whose job ended long ago, or never was, without reading them."""
    coming = Asset.objects.filter(state=AssetState.COMING, created_at__lt=timezone.now() - INCOMING_KEPT)
    alive = Job.objects.filter(pk=OuterRef("job_id"), state__in=UNFINISHED)
    return coming.exclude(Exists(alive))


def _forget(asset_id: str) -> bool:
    with sql.writing():
        moved = Asset.objects.filter(pk=asset_id, state=AssetState.COMING).update(
            state=AssetState.EXPIRED, expires_at=timezone.now()
        )
        if moved:
            release_files(asset_id)
    return bool(moved)


def _forget_tombstones() -> None:
    old = Asset.objects.filter(state=AssetState.EXPIRED, expires_at__lt=timezone.now() - TOMBSTONE_KEPT)
    while found := list(old.order_by("expires_at").values_list("pk", flat=True)[:_BATCH]):
        Asset.objects.filter(pk__in=found, state=AssetState.EXPIRED).delete()


def _loose_names(check: Callable[[], None]) -> Iterator[list[str]]:
    """Yield the names of loose files, in batches; whoever consumes them must doom them."""
    while found := list(_loose().order_by("pk").values_list("name", flat=True)[:_BATCH]):
        check()
        yield found


def _loose() -> QuerySet[StoredFile]:
    """Find files without asset: of jobs that have ended or are gone, and of nobody since a day.

    Young rows wait: a run that was taken for dead may still be writing, and a task that is called directly has no job.
    """
    now = timezone.now()
    alive = Job.objects.filter(pk=OuterRef("job_id"), state__in=UNFINISHED)
    of_jobs = Q(~Exists(alive), job_id__isnull=False, created_at__lt=now - WRITE_TAKES)
    of_nobody = Q(job_id=None, created_at__lt=now - INCOMING_KEPT)
    return StoredFile.objects.filter(of_jobs | of_nobody, asset=None, doomed_at=None)


def _delete_all(swept: Swept, check: Callable[[], None]) -> None:
    """Delete doomed files, each tried once; what stays goes to the end of the line."""
    started = timezone.now()
    doomed = StoredFile.objects.filter(doomed_at__lte=started).order_by("doomed_at")
    failed_in_a_row = 0
    while failed_in_a_row < _GIVE_UP_AFTER and (found := list(doomed.values_list("name", flat=True)[:_BATCH])):
        for name in found:
            check()
            fault = _delete(swept, name)
            failed_in_a_row = failed_in_a_row + 1 if fault else 0
            if failed_in_a_row == _GIVE_UP_AFTER:
                swept.left_files += doomed.count()
                break


def _delete(swept: Swept, name: str) -> bool:
    """Delete one doomed file; return whether the store failed."""
    try:
        is_gone, is_away = delete_doomed(name=name), False
    except StoreAway as error:
        logger.warning("images.file_stays", file=name, error=type(error.__cause__).__name__)
        is_gone, is_away = False, True
    swept.deleted_files += is_gone
    swept.left_files += not is_gone
    if not is_gone:
        StoredFile.objects.filter(name=name).update(doomed_at=timezone.now())
    return is_away


def _remove_old_temporaries(folder: Path) -> None:
    """Remove what a web process that was killed while it received an upload left on this machine."""
    oldest = time.time() - INCOMING_KEPT.total_seconds()
    for path in folder.glob("*.upload*"):
        try:
            if path.is_file() and path.stat().st_mtime < oldest:
                path.unlink()
        except OSError:  # another sweep was faster
            continue
