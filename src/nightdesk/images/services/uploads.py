"""Uploads on their way: checked and stored as they came, then read and written anew by a task."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import BinaryIO, Final
from uuid import UUID

from nightdesk.core.ids import new_job_id
from nightdesk.core.redaction import clean_text
from nightdesk.engine import sql
from nightdesk.engine.enqueue import enqueue
from nightdesk.images.jobs import ProcessUploadedImage
from nightdesk.images.models import MAX_NAME_CHARS, THUMB_SIDES, Asset, AssetState, Origin, StoredFile
from nightdesk.images.services.assets import (
    AssetFiles,
    attach_files,
    describe_files,
    find_asset,
    find_ready_asset,
    refuse_asset,
    write_encoded,
)
from nightdesk.images.services.files import (
    INCOMING,
    FileGone,
    NewFile,
    drop_files,
    put_files,
    random_name,
    read_stored,
)
from nightdesk.providers.images.errors import Rejected
from nightdesk.providers.images.ingest import MAX_SIDE, Processed, process_picture, read_header

OnProgress = Callable[[int, str], None]

#: Of a picture that operations will work on: no difference is seen, and a JPEG stays about as large as it was.
FULL_QUALITY: Final = 92


def stage_upload(
    *,
    source: BinaryIO,
    name: str,
    owner_id: int | None,
    field: str = "image",
    job_id: UUID | None = None,
    is_listed: bool = True,
    expires_at: datetime | None = None,
) -> Asset:
    """Check an upload's size, type and header, store it as it is, and make the asset that waits for it.

    With `job_id` that job will call `settle_upload`; without, a job of its own is enqueued for it (`asset.job_id`). Must
    not be called inside a transaction.

    Raises:
        Rejected: no picture that we take; nothing is stored.
        StoreAway: nothing is stored.
    """
    stored = receive_upload(source=source, field=field)
    try:
        return register_upload(
            stored=stored,
            name=name,
            owner_id=owner_id,
            job_id=job_id,
            is_listed=is_listed,
            expires_at=expires_at,
        )
    except BaseException:
        drop_files(names=[stored])
        raise


def receive_upload(*, source: BinaryIO, field: str = "image") -> str:
    """Check an upload and store it as it is; return the name of the file, which belongs to nobody yet.

    Whoever calls this registers it, or drops it.

    Raises:
        Rejected: no picture that we take; nothing is stored.
        StoreAway: nothing is stored.
    """
    header = read_header(source, field=field)
    name = random_name(INCOMING, header.kind)
    put_files(files=[NewFile(name=name, source=source)], job_id=None)
    return name


def register_upload(
    *,
    stored: str,
    name: str,
    owner_id: int | None,
    job_id: UUID | None = None,
    is_listed: bool = True,
    expires_at: datetime | None = None,
) -> Asset:
    """Make the asset that waits for a received file, in one transaction with the job that will read it.

    Raises:
        FileGone: the file was swept away, a day after it came.
    """
    reader_id = job_id or new_job_id()
    asset = Asset(
        owner_id=owner_id,
        name=clean_name(name),
        origin=Origin.UPLOADED,
        job_id=reader_id,
        is_listed=is_listed,
        expires_at=expires_at,
    )
    with sql.writing():
        asset.save(force_insert=True)
        attach_files(asset=asset, names=[stored], job_id=None)
        if job_id is None:
            order = ProcessUploadedImage(
                file_path=stored, max_width=MAX_SIDE, max_height=MAX_SIDE, quality=FULL_QUALITY, asset_id=asset.pk
            )
            enqueue(order, owner_id=owner_id, subject=f"asset:{asset.pk}", job_id=reader_id)
    return asset


def clean_name(name: str) -> str:
    """Make a name for people out of a file name: its last part, of what both databases keep."""
    last = clean_text(name).replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip()[:MAX_NAME_CHARS]


def settle_upload(
    *,
    asset_id: str,
    check: Callable[[], None],
    progress: OnProgress | None = None,
    field: str = "image",
    max_width: int = MAX_SIDE,
    max_height: int = MAX_SIDE,
    quality: int = FULL_QUALITY,
    format: str | None = None,  # noqa: A002 (the word of the API)
) -> Asset:
    """Read an upload that is on its way, write it anew with its small copies, and make its asset ready. For tasks.

    Safe to repeat, and for several at once: an asset that is ready is returned as it is, and of two one wins. `check` is
    called between the parts and may raise. By default the size stays and what was lossless stays so.

    Raises:
        Rejected: it is no picture after all; the asset says so from now on. On `field`.
        AssetNotFound, AssetExpired: it is gone. StoreAway.
    """
    asset = find_asset(asset_id=asset_id)
    if asset.state != AssetState.COMING:
        return find_ready_asset(asset_id=asset_id, field=field)
    check()
    _say(progress, 10, "Reading the picture")
    try:
        make = partial(process_picture, max_width=max_width, max_height=max_height, quality=quality, format=format)
        made = make(_read_incoming(asset), field=field, thumb_sides=THUMB_SIDES)
    except Rejected as refusal:
        refuse_asset(asset_id=asset_id, refusal=refusal.public_message)
        raise
    except FileGone:
        # Somebody else settled it, or deleted it, meanwhile.
        return find_ready_asset(asset_id=asset_id, field=field)
    check()
    _say(progress, 80, "Saving the picture")
    files = write_processed(asset_id=asset_id, made=made, job_id=asset.job_id)
    try:
        check()
        _make_ready(asset, files, made.warnings)
    finally:
        drop_files(names=files.names)  # those that no asset has now
    return find_ready_asset(asset_id=asset_id, field=field)


def _read_incoming(asset: Asset) -> bytes:
    name = StoredFile.objects.filter(asset=asset, side=0).values_list("name", flat=True).first()
    if name is None:
        raise FileGone
    return read_stored(name=name)


def write_processed(*, asset_id: str, made: Processed, job_id: UUID | None) -> AssetFiles:
    """Store the files of a processed picture for the life of the job; all or none.

    Raises:
        StoreAway, FileGone: nothing is stored.
    """
    return write_encoded(asset_id=asset_id, picture=made.picture, thumbs=made.thumbs, frames=made.frames, job_id=job_id)


def _make_ready(asset: Asset, files: AssetFiles, warnings: tuple[str, ...]) -> bool:
    """Move an asset from coming to ready, with these files in place of the upload; False when somebody was faster."""
    with sql.writing():
        moved = Asset.objects.filter(pk=asset.pk, state=AssetState.COMING).update(
            state=AssetState.READY, warnings=list(warnings), **describe_files(files)
        )
        if not moved:
            return False
        upload = list(StoredFile.objects.filter(asset=asset).values_list("name", flat=True))
        StoredFile.objects.filter(name__in=upload).update(asset=None)
        attach_files(asset=asset, names=files.names, job_id=asset.job_id)
    drop_files(names=upload)
    return True


def _say(progress: OnProgress | None, percent: int, message: str) -> None:
    if progress is not None:
        progress(percent, message)
