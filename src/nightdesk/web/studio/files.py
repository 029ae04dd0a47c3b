"""Files that came with a form, taken into the library."""

from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from nightdesk.images import services
from nightdesk.images.models import Asset


def take_in(file: UploadedFile[Any], *, owner_id: int) -> Asset:
    """Take a picture into the library; a job of its own reads it.

    Raises:
        Rejected: no picture that we take; nothing is stored. StoreAway.
    """
    return services.stage_upload(source=_stream_of(file), name=file.name or "", owner_id=owner_id)


def take_mask(file: UploadedFile[Any], *, job_id: UUID, owner_id: int) -> Asset:
    """Take a mask in for one job, beside the library. May be called again for the same file.

    Raises:
        Rejected: no picture that we take; nothing is stored. StoreAway.
    """
    file.seek(0)
    return services.stage_upload(
        source=_stream_of(file), name="", owner_id=owner_id, field="mask", job_id=job_id, is_listed=False
    )


def _stream_of(file: UploadedFile[Any]) -> BinaryIO:
    return cast("BinaryIO", file)  # it reads, seeks and tells like one, and Django does not say so
