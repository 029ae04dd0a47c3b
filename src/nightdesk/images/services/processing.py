"""A picture of the media store, made into an asset of the size that was asked for."""

import posixpath
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from nightdesk.engine import sql
from nightdesk.engine.enqueue import enqueue
from nightdesk.images.jobs import ProcessUploadedImage
from nightdesk.images.models import THUMB_SIDES, Asset, AssetState, Origin, new_asset_id
from nightdesk.images.services.assets import AssetFiles, attach_files, describe_files, file_address
from nightdesk.images.services.files import drop_files, drop_loose_files
from nightdesk.images.services.named_files import FIELD, check_path, read_named_file
from nightdesk.images.services.uploads import OnProgress, clean_name, write_processed
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.ingest import MAX_SIDE, process_picture

OUT_FORMAT: Final = "webp"

FinishWith = Callable[[Callable[[], dict[str, Any]]], dict[str, Any]]


def process_named_file(
    *,
    file_path: str,
    max_width: int,
    max_height: int,
    quality: int,
    job_id: UUID,
    owner_id: int | None,
    progress: OnProgress,
    finish_with: FinishWith,
) -> dict[str, Any]:
    """Make an asset of a file of the media store, as WebP within the size; the file stays. For tasks.

    Return what the job answers: the asset's id and address, its sizes, three small copies. The asset is saved in the
    transaction of `finish_with`; a run that ends otherwise leaves no file.

    Raises:
        Unsuitable: the path is not allowed or names nothing, or a number is out of range. Rejected: it is no picture.
        StoreAway.
    """
    check_numbers(max_width=max_width, max_height=max_height, quality=quality)
    drop_loose_files(job_id=job_id)  # what a run before this one left
    progress(10, "Reading the picture")
    data = read_named_file(file_path=file_path)
    made = process_picture(
        data,
        field=FIELD,
        thumb_sides=THUMB_SIDES,
        max_width=max_width,
        max_height=max_height,
        quality=quality,
        format=OUT_FORMAT,
    )
    asset = Asset(
        id=new_asset_id(),
        owner_id=owner_id,
        name=clean_name(posixpath.basename(file_path)),
        origin=Origin.UPLOADED,
        job_id=job_id,
        warnings=list(made.warnings),
    )
    progress(80, "Saving the picture")
    files = write_processed(asset_id=asset.pk, made=made, job_id=job_id)
    try:
        return finish_with(lambda: _save(asset, files))
    finally:
        drop_files(names=files.names)  # its own alone: a run that has lost its job must not touch those of the next


def ask_for_processing(*, file_path: str, max_width: int, max_height: int, quality: int, owner_id: int | None) -> UUID:
    """Ask for a file of the media store to be processed; return the job's id. Whether it exists is for the job to see.

    Raises:
        Unsuitable: the path is not allowed, or a number is out of range.
    """
    check_path(file_path)
    check_numbers(max_width=max_width, max_height=max_height, quality=quality)
    order = ProcessUploadedImage(file_path=file_path, max_width=max_width, max_height=max_height, quality=quality)
    return enqueue(order, owner_id=owner_id)


def check_numbers(*, max_width: int, max_height: int, quality: int) -> None:
    """Refuse sizes and qualities that no picture has.

    Raises:
        Unsuitable: with the argument's name.
    """
    for name, value, most in (("max_width", max_width, MAX_SIDE), ("max_height", max_height, MAX_SIDE)):
        if not 1 <= value <= most:
            raise Unsuitable(f"This must be a whole number from 1 to {most:,}.", field=name)
    if not 1 <= quality <= 100:
        raise Unsuitable("This must be a whole number from 1 to 100.", field="quality")


def _save(asset: Asset, files: AssetFiles) -> dict[str, Any]:
    with sql.writing():
        for name, value in describe_files(files).items():
            setattr(asset, name, value)
        asset.state = AssetState.READY
        asset.save(force_insert=True)
        attach_files(asset=asset, names=files.names, job_id=files.job_id)
    return describe_result(asset)


def describe_result(asset: Asset) -> dict[str, Any]:
    """Say what became of an upload, as its job's result: addresses, and sizes in pixels and bytes."""
    return {
        "status": "success",
        "asset_id": asset.pk,
        "image_url": file_address(asset_id=asset.pk),
        "width": asset.width,
        "height": asset.height,
        "size_bytes": asset.size_bytes,
        "format": asset.format,
        "frames": asset.frames,
        "thumbnails": [
            {
                "url": file_address(asset_id=asset.pk, side=thumb["side"]),
                "side": thumb["side"],
                "width": thumb["width"],
                "height": thumb["height"],
            }
            for thumb in asset.thumbs
        ],
        "warnings": asset.warnings,
    }
