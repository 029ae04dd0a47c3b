"""Files that came with a form, taken into the library."""

from typing import TYPE_CHECKING, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile

from nightdesk.images import services
from nightdesk.images.models import Asset

if TYPE_CHECKING:
    FormFile = UploadedFile[bytes]
else:
    FormFile = UploadedFile


def take_in(file: FormFile, *, owner_id: int) -> Asset:
    """Take a picture into the library; a job of its own reads it.

    Raises:
        Rejected: no picture that we take; nothing is stored. StoreAway.
    """
    return services.stage_upload(source=stream_of(file), name=file.name or "", owner_id=owner_id)


def stream_of(file: FormFile) -> BinaryIO:
    """Return the file as a stream, from its beginning."""
    file.seek(0)
    return cast("BinaryIO", file)  # it reads, seeks and tells like one, and Django does not say so
