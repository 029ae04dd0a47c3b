"""Files of exports and reports. A row is committed before its file is written, and goes after its file is deleted.

A file is written beside the store, flushed, then stored under a name that nobody can guess. It counts once `keep_files`
has said so in the transaction that ends its job; until then, and when that never comes, nobody is shown it and
`sweeping` removes it. See docs/decisions/0023.
"""

import contextlib
import errno
import hashlib
import io
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.utils import timezone

from nightdesk.engine import sql
from nightdesk.exports.errors import DiskFull, FileExpired, FileLost, StoreAway
from nightdesk.exports.models import Export, ExportFile, Report

#: Longer than the longest export may take: what is older and not whole belongs to nobody.
WRITE_TAKES: Final = timedelta(hours=2)

_FOLDER: Final = "exports"
_RANDOM_BYTES: Final = 24
_BUFFER_BYTES: Final = 256 * 1024
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Outlet(io.RawIOBase):
    """A file that is only written, and hashed on the way."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=_BUFFER_BYTES)
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def writable(self) -> bool:
        """Say that this can be written."""
        return True

    def write(self, data: Any) -> int:
        """Take all of it."""
        self._hash.update(data)
        written = self._file.write(data)
        self.size_bytes += written
        return written

    def tell(self) -> int:
        """Return how many bytes have come."""
        return self.size_bytes

    def settle(self) -> str:
        """Bring everything to the disk; return the sum in hexadecimal."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the file, whatever is still to be written: a full disk is told by `write` and `settle`."""
        if not self.closed:
            with contextlib.suppress(OSError):
                self._file.close()
        super().close()


class _Made(File):  # type: ignore[type-arg]
    """A finished file; a store on the same disk takes it by renaming."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        super().__init__(file)
        self._path = path

    def temporary_file_path(self) -> str:
        """Return where it lies, as Django's stores ask."""
        return str(self._path)


def temporary_folder() -> Path:
    """Return where files are made: beside the store's folder, so that they move into it without a copy."""
    return Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())


def write_file(
    *,
    export: Export | None = None,
    report: Report | None = None,
    job_id: UUID,
    format: str,  # noqa: A002 (as the column and the API call it)
    write: Callable[[BinaryIO], object],
) -> ExportFile:
    """Let `write` fill a file and store it; return its row. It counts for nothing before `keep_files`.

    `write` is handed a stream that can be written and told, not read or moved. Whatever goes wrong, also a cancel,
    nothing is left of the file.

    Raises:
        DiskFull, StoreAway: nothing was stored. FileLost: the run was taken for dead. RuntimeError: in a transaction.
    """
    name = f"{_FOLDER}/{secrets.token_hex(_RANDOM_BYTES)}"
    with transaction.atomic(durable=True):
        file = ExportFile.objects.create(name=name, export=export, report=report, job_id=job_id, format=format)
    path = temporary_folder() / f"export-{job_id.hex}-{secrets.token_hex(8)}.part"
    try:
        with storage_faults():
            outlet = _fill(path, write)
            _store(name, path)
        _note(file, *outlet)
    except BaseException:
        drop_files(names=[name])
        raise
    finally:
        path.unlink(missing_ok=True)
    return file


def _fill(path: Path, write: Callable[[BinaryIO], object]) -> tuple[int, str]:
    with contextlib.closing(Outlet(path)) as outlet:
        write(cast("BinaryIO", outlet))
        sha256 = outlet.settle()
    return outlet.size_bytes, sha256


def _store(name: str, path: Path) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise FileLost from None  # dropped by the run that came after this one
    with file:
        written = default_storage.save(name, _Made(file, path))
    if written != name:  # a name that is taken by what no row knows: never overwritten
        default_storage.delete(written)
        raise StoreAway


def _note(file: ExportFile, size_bytes: int, sha256: str) -> None:
    file.size_bytes, file.sha256 = size_bytes, sha256
    mine = ExportFile.objects.filter(pk=file.pk, doomed_at=None)
    if not mine.update(size_bytes=size_bytes, sha256=sha256):
        with contextlib.suppress(StoreAway, FileExpired, DiskFull), storage_faults():
            default_storage.delete(file.name)
        raise FileLost


def keep_files(*, files: Sequence[ExportFile]) -> None:
    """Let files count from now on: to be called in the transaction that ends their job.

    Raises:
        FileLost: one was swept meanwhile.
    """
    mine = ExportFile.objects.filter(pk__in=[file.pk for file in files], doomed_at=None)
    if mine.update(is_whole=True) < len(files):
        raise FileLost
    for file in files:
        file.is_whole = True


def drop_loose_files(*, job_id: UUID) -> int:
    """Delete what an earlier run of a job left, half-made on this machine too; return how many files. Safe to repeat."""
    for path in temporary_folder().glob(f"export-{job_id.hex}-*.part"):
        path.unlink(missing_ok=True)
    loose = ExportFile.objects.filter(job_id=job_id, is_whole=False)
    return drop_files(names=list(loose.values_list("name", flat=True)))


def drop_files(*, names: Iterable[str]) -> int:
    """Doom files and delete them; return how many were doomed. What the store does not delete is swept later."""
    with sql.writing():
        mine = ExportFile.objects.filter(name__in=list(names))
        doomed = list(mine.values_list("name", flat=True))
        mine.filter(doomed_at=None).update(doomed_at=timezone.now())
    for name in doomed:
        with contextlib.suppress(StoreAway, DiskFull):
            delete_doomed(name=name)
    return len(doomed)


def delete_doomed(*, name: str) -> bool:
    """Delete a doomed file, then its row; return whether the row is gone, too.

    Where there is no file and the row is young, its write may be on its way: the row stays, to be looked at again.

    Raises:
        StoreAway: the row stays.
    """
    with storage_faults():
        existed = default_storage.exists(name)
        if existed:
            default_storage.delete(name)
    rows = ExportFile.objects.filter(name=name, doomed_at__isnull=False)
    if not existed:
        rows = rows.filter(created_at__lt=timezone.now() - WRITE_TAKES)
    removed, _ = rows.delete()
    return bool(removed)


def remove_old_temporaries() -> int:
    """Remove what killed processes of this machine left half-made; return how many things."""
    oldest, removed = time.time() - WRITE_TAKES.total_seconds(), 0
    for path in temporary_folder().glob("export-*.part*"):
        with contextlib.suppress(OSError):  # another sweep was faster
            if path.stat().st_mtime < oldest:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed += 1
    return removed


@contextlib.contextmanager
def storage_faults() -> Iterator[None]:
    """Translate what a disk or a server says.

    Raises:
        FileExpired: no such file. DiskFull: no room. StoreAway: anything else.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise FileExpired from error
    except OSError as error:
        raise (DiskFull if error.errno in _NO_ROOM else StoreAway) from error
    except _server_faults() as error:
        raise StoreAway from error


def _server_faults() -> tuple[type[Exception], ...]:
    if is_local():
        return ()
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError, Boto3Error)


def is_local() -> bool:
    """Whether files lie in a folder of this machine, not on a server."""
    return isinstance(default_storage, FileSystemStorage)
