"""Where files are put: a folder of this machine, or a bucket on a server that speaks S3. Named by the settings."""

import os
from pathlib import Path
from typing import IO, Any, Final

from django.core.files.storage import FileSystemStorage

#: A server that is down or silent is given up soon: the job is tried again, a page says so.
_CONNECT_TIMEOUT_S: Final = 5
_READ_TIMEOUT_S: Final = 30
_ATTEMPTS: Final = 2


class Folder(FileSystemStorage):
    """Files in a folder. A file is on the disk before it counts as stored: what was accepted survives a power cut."""

    def _save(self, name: str, content: IO[Any]) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]  # the hook that Django documents
        path = Path(self.path(saved))
        _flush(path)
        _flush(path.parent)
        return saved


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_bucket(**options: Any) -> Any:
    """Make the storage of a bucket; loads the client library, so only whoever has a bucket pays for it."""
    from botocore.config import Config
    from storages.backends.s3 import S3Storage

    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        s3={"addressing_style": options.pop("addressing_style", "auto")},
    )
    return S3Storage(
        client_config=config,
        default_acl=None,  # private, as buckets are unless somebody opens them
        querystring_auth=False,  # no address of the bucket is ever given to anybody
        file_overwrite=True,  # names are random: looking for a free one would be a request for nothing
        **options,
    )
