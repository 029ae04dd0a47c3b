"""Assets: found, read, stored with their files."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.utils import timezone

from nightdesk.engine import sql
from nightdesk.images.errors import AssetExpired, AssetNotFound, AssetNotReady
from nightdesk.images.models import (
    THUMB_SIDES,
    Asset,
    AssetParent,
    AssetState,
    StoredFile,
)
from nightdesk.images.services.files import (
    ASSETS,
    FileGone,
    NewFile,
    drop_files,
    put_files,
    random_name,
    read_stored,
    storage_faults,
)
from nightdesk.providers.images.encoding import Encoded, encode_pixels, make_thumbs
from nightdesk.providers.images.errors import Rejected
from nightdesk.providers.images.ingest import decode_own
from nightdesk.providers.images.protocol import Mask, Pixels

_ID: Final = re.compile(r"[a-z2-7]{24}")
#: Half of white: at least so bright, or so opaque, is removed.
_MASK_THRESHOLD: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFiles:
    """Files that were stored for an asset and that no asset has yet. `names`: the picture first."""

    names: tuple[str, ...]
    format: str
    width: int
    height: int
    size_bytes: int
    frames: int
    sha256: str
    thumbs: tuple[dict[str, Any], ...]
    job_id: UUID | None


def find_asset(*, asset_id: str) -> Asset:
    """Return an asset in any state.

    Raises:
        AssetNotFound: there is none. AssetExpired: nobody kept it.
    """
    asset = rows_of(asset_id).first()
    if asset is None:
        raise AssetNotFound
    if asset.is_expired:
        raise AssetExpired
    return asset


def rows_of(asset_id: str) -> QuerySet[Asset]:
    """Narrow to one asset; what cannot be an id is none. A database may not even take it: PostgreSQL refuses NUL."""
    return Asset.objects.filter(pk=asset_id) if _ID.fullmatch(asset_id) else Asset.objects.none()


def find_ready_asset(*, asset_id: str, field: str = "image") -> Asset:
    """Return an asset whose file is there.

    Raises:
        AssetNotFound, AssetExpired. AssetNotReady: its file is being read or made.
        Rejected: its upload was refused; with the reason, on `field`.
    """
    asset = find_asset(asset_id=asset_id)
    if asset.state == AssetState.REFUSED:
        raise Rejected(asset.refusal, field=field)
    if asset.state != AssetState.READY:
        raise AssetNotReady
    return asset


def assets_shown() -> QuerySet[Asset]:
    """Give the library: what is listed and not expired, newest first; uploads on their way too."""
    lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    listed = Asset.objects.filter(lasting, is_listed=True)
    return listed.exclude(state=AssetState.EXPIRED).order_by("-created_at", "-id")


def read_file(*, asset: Asset, side: int | None = None) -> BinaryIO:
    """Open the picture, or its small copy with this longest side; the caller closes it.

    Raises:
        AssetNotFound: there is no copy of this side. AssetNotReady. AssetExpired: the file was removed meanwhile.
        StoreAway.
    """
    return open_file(name=file_name(asset=asset, side=side))


def open_file(*, name: str) -> BinaryIO:
    """Open a file of an asset by its name in the store; the caller closes it.

    Raises:
        AssetExpired: the file was removed meanwhile. StoreAway.
    """
    try:
        with storage_faults():
            return cast("BinaryIO", default_storage.open(name, "rb"))
    except FileGone:
        raise AssetExpired from None


def file_address(*, asset_id: str, side: int | None = None) -> str:
    """Return the address of a picture's file, or of its small copy, in the API."""
    address = f"/api/v1/assets/{asset_id}/file/"
    return f"{address}{side}/" if side else address


def file_name(*, asset: Asset, side: int | None = None) -> str:
    """Return the name in the store of a ready asset's file.

    Raises:
        AssetNotReady, AssetNotFound, AssetExpired: see `read_file`.
    """
    if asset.state in {AssetState.COMING, AssetState.REFUSED}:
        raise AssetNotReady
    if side is not None and side not in THUMB_SIDES:
        raise AssetNotFound
    found = StoredFile.objects.filter(asset=asset, side=side or 0).values_list("name", flat=True).first()
    if found is None:
        raise AssetExpired
    return found


def read_pixels(*, asset: Asset) -> Pixels:
    """Decode an asset's first frame: RGB or RGBA, 8 bit, sRGB, upright. For tasks.

    Raises:
        AssetNotReady, AssetExpired, StoreAway.
    """
    try:
        data = read_stored(name=file_name(asset=asset))
    except FileGone:
        raise AssetExpired from None
    return decode_own(data, asset.format)


def read_mask(*, asset: Asset) -> Mask:
    """Decode an asset as a mask: what is white is removed; where nothing is transparent in it, else what is opaque. For tasks.

    Raises:
        AssetNotReady, AssetExpired, StoreAway.
    """
    pixels = read_pixels(asset=asset)
    if pixels.shape[2] == 4 and int(pixels[..., 3].min()) < _MASK_THRESHOLD:
        return pixels[..., 3] >= _MASK_THRESHOLD
    mask: Mask = pixels[..., :3].mean(axis=2) >= _MASK_THRESHOLD
    return mask


def write_asset_files(
    *,
    asset_id: str,
    pixels: Pixels,
    format: str,  # noqa: A002 (the word of the API)
    quality: int,
    digital_source_type: str,
    job_id: UUID | None,
) -> AssetFiles:
    """Encode a made picture and its small copies and store them for the life of the job. For tasks, outside transactions.

    Raises:
        StoreAway, FileGone: nothing is stored.
        ValueError: no such format or digital source type.
    """
    picture = encode_pixels(pixels, format, quality=quality, digital_source_type=digital_source_type)
    thumbs = make_thumbs(pixels, THUMB_SIDES, digital_source_type=digital_source_type)
    return write_encoded(asset_id=asset_id, picture=picture, thumbs=thumbs, frames=1, job_id=job_id)


def write_encoded(
    *, asset_id: str, picture: Encoded, thumbs: Sequence[Encoded], frames: int, job_id: UUID | None
) -> AssetFiles:
    """Store encoded files for the life of the job; all or none.

    Raises:
        StoreAway, FileGone: nothing is stored.
    """
    sides = dict(zip(THUMB_SIDES, thumbs, strict=True))
    folder = f"{ASSETS}/{asset_id[:2]}"
    files = [
        NewFile(name=_name(folder, asset_id, side, encoded), source=io.BytesIO(encoded.data), side=side)
        for side, encoded in {0: picture, **sides}.items()
    ]
    put_files(files=files, job_id=job_id)
    return AssetFiles(
        names=tuple(file.name for file in files),
        format=picture.format,
        width=picture.width,
        height=picture.height,
        size_bytes=len(picture.data),
        frames=frames,
        sha256=picture.sha256,
        thumbs=tuple(
            {"side": side, "width": one.width, "height": one.height, "format": one.format}
            for side, one in sides.items()
        ),
        job_id=job_id,
    )


def _name(folder: str, asset_id: str, side: int, encoded: Encoded) -> str:
    """Name a file after its asset; the random part keeps two runs at the same asset apart."""
    random = random_name("", encoded.extension).lstrip("/")
    return f"{folder}/{asset_id}-{side}-{random}" if side else f"{folder}/{asset_id}-{random}"


def describe_files(files: AssetFiles) -> dict[str, Any]:
    """Give the fields of an asset that say what its files are."""
    return {
        "format": files.format,
        "width": files.width,
        "height": files.height,
        "size_bytes": files.size_bytes,
        "frames": files.frames,
        "sha256": files.sha256,
        "thumbs": list(files.thumbs),
    }


def save_made(*, asset: Asset, files: AssetFiles, parents: Mapping[str, str]) -> Asset:
    """Save a new asset with stored files and what it was made from (role to asset id); only database, one transaction.

    Call it inside `run.finish_with`. A parent that is gone by now is remembered as gone.

    Raises:
        FileGone: the files were swept meanwhile, as leftovers of a run that was taken for dead.
    """
    for name, value in describe_files(files).items():
        setattr(asset, name, value)
    asset.state = AssetState.READY
    with sql.writing():
        # Locked: one that is deleted at this moment is gone, or is deleted after this.
        locked = Asset.objects.select_for_update(no_key=True).filter(pk__in=parents.values()).order_by("pk")
        known = set(locked.values_list("pk", flat=True))
        asset.save(force_insert=True)
        attach_files(asset=asset, names=files.names, job_id=files.job_id)
        AssetParent.objects.bulk_create(
            AssetParent(child=asset, parent_id=parent if parent in known else None, role=role)
            for role, parent in parents.items()
        )
    return asset


def attach_files(*, asset: Asset, names: Sequence[str], job_id: UUID | None) -> None:
    """Give stored files that nobody dropped to an asset; inside the transaction that makes it ready.

    Raises:
        FileGone: one of them was doomed meanwhile.
    """
    loose = StoredFile.objects.filter(name__in=names, asset=None, doomed_at=None, job_id=job_id)
    if loose.update(asset=asset, job_id=None) != len(names):
        raise FileGone


def refuse_asset(*, asset_id: str, refusal: str) -> None:
    """Say why an upload is no picture, and drop its file. Safe to repeat."""
    with sql.writing():
        moved = Asset.objects.filter(pk=asset_id, state=AssetState.COMING).update(
            state=AssetState.REFUSED, refusal=refusal[:500]
        )
        names = release_files(asset_id) if moved else []
    drop_files(names=names)


def release_files(asset_id: str) -> list[str]:
    """Doom the files of an asset, inside the transaction that ends it; return their names, to be dropped after it."""
    names = list(StoredFile.objects.filter(asset_id=asset_id).values_list("name", flat=True))
    StoredFile.objects.filter(name__in=names).update(asset=None, doomed_at=timezone.now())
    return names
