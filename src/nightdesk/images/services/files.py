"""Files in the store and their rows. A row is committed before its file is written and goes after its file is deleted.

So whatever is killed in between, no file is ever without a row that says whose it is, and `sweeping` finds what nobody
wants any more.
"""

import contextlib
import io
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, Final, cast
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.utils import timezone

from nightdesk.core.errors import Transient
from nightdesk.engine import sql
from nightdesk.images.models import StoredFile

INCOMING: Final = "incoming"
DRAFTS: Final = "drafts"
ASSETS: Final = "assets"

#: Longer than any write of one file takes, or a store that hangs is waited for. A row younger than this may belong to a
#: write on its way, so it stays until then even when there is no file to delete yet.
WRITE_TAKES: Final = timedelta(minutes=10)
_RANDOM_BYTES: Final = 16


class StoreAway(Transient):
    """The store of pictures did not answer properly."""

    code = "store_away"
    public_message = "The store of pictures does not answer. Nothing is lost; try again in a moment."


class FileGone(Transient):
    """A file was removed while it was needed: whoever wrote it is no longer the one who counts."""

    code = "file_gone"
    public_message = "A file of this picture is gone. It will be made again."


def random_name(folder: str, extension: str) -> str:
    """Make the name of a new file that nobody can guess."""
    return f"{folder}/{secrets.token_hex(_RANDOM_BYTES)}.{extension}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to be written: a stream that is read from where it stands. `side` as in `StoredFile`."""

    name: str
    source: BinaryIO
    side: int = 0


def put_file(*, data: bytes, extension: str, job_id: UUID | None, folder: str) -> str:
    """Store bytes under a new random name in `folder`, for the life of the job; return the name.

    Raises:
        StoreAway: nothing was stored. FileGone, RuntimeError: see `put_files`.
    """
    name = random_name(folder, extension)
    put_files(files=[NewFile(name=name, source=io.BytesIO(data))], job_id=job_id)
    return name


def put_files(*, files: Sequence[NewFile], job_id: UUID | None) -> None:
    """Store all of these or none: first their rows, in one transaction of their own, then the files one by one.

    Raises:
        StoreAway: nothing was stored.
        FileGone: somebody took this run for dead and swept its files; nothing was stored.
        RuntimeError: called inside a transaction, whose roll-back would leave files without their rows.
    """
    names = [file.name for file in files]
    with transaction.atomic(durable=True):
        StoredFile.objects.bulk_create(StoredFile(name=one.name, side=one.side, job_id=job_id) for one in files)
    try:
        for file in files:
            _write(file)
        _check_still_wanted(names)
    except BaseException:
        _undo(names)
        raise


def _write(file: NewFile) -> None:
    with storage_faults():
        written = default_storage.save(file.name, File(file.source))
        if written != file.name:  # a name that is taken by what no row knows: never overwritten
            default_storage.delete(written)
            raise StoreAway


def _check_still_wanted(names: Sequence[str]) -> None:
    if StoredFile.objects.filter(name__in=names, doomed_at=None).count() < len(names):
        raise FileGone


def _undo(names: Sequence[str]) -> None:
    """Delete what was written; rows that are gone already cannot say so any more."""
    drop_files(names=names)
    known = set(StoredFile.objects.filter(name__in=names).values_list("name", flat=True))
    for name in set(names) - known:
        with contextlib.suppress(StoreAway, FileGone), storage_faults():
            default_storage.delete(name)


def read_stored(*, name: str) -> bytes:
    """Return the bytes of a stored file.

    Raises:
        FileGone: there is none. StoreAway.
    """
    with open_stored(name=name) as file:
        return file.read()


@contextlib.contextmanager
def open_stored(*, name: str) -> Iterator[BinaryIO]:
    """Open a stored file for reading.

    Raises:
        FileGone: there is none. StoreAway.
    """
    with storage_faults():
        file = default_storage.open(name, "rb")
    with file, storage_faults():
        yield cast("BinaryIO", file)


def drop_loose_files(*, job_id: UUID) -> int:
    """Delete the files of a job that no asset has; return how many. Safe to repeat.

    What the store does not delete now is deleted by the next sweep.
    """
    loose = StoredFile.objects.filter(job_id=job_id, asset=None)
    return drop_files(names=list(loose.values_list("name", flat=True)))


def drop_files(*, names: Iterable[str]) -> int:
    """Doom files that no asset has, and delete them; return how many were doomed. Never raises for the store's sake."""
    with sql.writing():
        # Locked, in one order for all: an asset that takes one of them at this moment has it, or finds it doomed.
        loose = StoredFile.objects.select_for_update().filter(name__in=list(names), asset=None).order_by("pk")
        doomed = list(loose.values_list("name", flat=True))
        StoredFile.objects.filter(name__in=doomed).update(doomed_at=timezone.now())
    for name in doomed:
        with contextlib.suppress(StoreAway):
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
    rows = StoredFile.objects.filter(name=name, doomed_at__isnull=False)
    if not existed:
        rows = rows.filter(created_at__lt=timezone.now() - WRITE_TAKES)
    removed, _ = rows.delete()
    return bool(removed)


@contextlib.contextmanager
def storage_faults() -> Iterator[None]:
    """Translate what a storage raises.

    Raises:
        FileGone: no such file. StoreAway: anything else that the disk or the server said.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise FileGone from error
    except _fault_types() as error:
        raise StoreAway from error


def _fault_types() -> tuple[type[Exception], ...]:
    if is_local():
        return (OSError,)
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    return (OSError, BotoCoreError, ClientError, Boto3Error)


def is_local() -> bool:
    """Whether files lie in a folder of this machine, not on a server."""
    return isinstance(default_storage, FileSystemStorage)
