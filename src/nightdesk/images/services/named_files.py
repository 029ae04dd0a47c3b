"""Pictures that lie in the media store already and are named by their path.

Whoever runs the installation may put files anywhere into the media folder but for the folders that are ours: `assets/`
(a picture there is named by its id, which asks for permission), `incoming/` and `drafts/` (other people's, on their way).
No path leads out of the media folder, through a link neither.
"""

import errno
import os
import stat
from pathlib import Path
from typing import Final

from django.core.files.storage import FileSystemStorage, default_storage

from nightdesk.images.services.files import ASSETS, DRAFTS, INCOMING, FileGone, is_local, open_stored, storage_faults
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.ingest import MAX_BYTES

FIELD: Final = "file_path"
_OURS: Final = frozenset({ASSETS, DRAFTS, INCOMING})
_MOST_CHARS: Final = 1000
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
#: A pipe or a device must not hold the worker; it is refused once it is open.
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)


def check_path(file_path: str) -> tuple[str, ...]:
    """Return the parts of a path in the media store.

    Raises:
        Unsuitable: absolute, with `..`, a backslash or NUL, or in a folder that is ours; on `file_path`.
    """
    if not file_path or len(file_path) > _MOST_CHARS or not file_path.isprintable() or "\\" in file_path:
        raise _refuse("This must be a path of at most 1,000 plain characters with / between its folders.")
    if file_path.startswith("/"):
        raise _refuse("This must be a path within the media folder, without / at its start.")
    parts = tuple(file_path.split("/"))
    if any(part in {"", ".", ".."} for part in parts):
        raise _refuse("This must be a plain path within the media folder: no part of it may be empty, . or ..")
    if parts[0].lower() in _OURS:
        raise _refuse(
            f"The folder {parts[0]} is not for files to be named by path. Name the picture by its asset instead."
        )
    return parts


def read_named_file(*, file_path: str) -> bytes:
    """Return the bytes of a file of the media store, at most one more than a picture may have.

    Raises:
        Unsuitable: the path is not allowed, leads through a link, or names no plain file; on `file_path`.
        StoreAway: the store does not answer.
    """
    parts = check_path(file_path)
    if is_local():
        return _read_local(Path(_location()), parts)
    try:
        with open_stored(name=file_path) as file:
            return file.read(MAX_BYTES + 1)
    except FileGone:
        raise _missing() from None


def _location() -> str:
    assert isinstance(default_storage, FileSystemStorage)  # noqa: S101 (asked before: is_local)
    return str(default_storage.location)


def _read_local(root: Path, parts: tuple[str, ...]) -> bytes:
    """Walk from folder to folder by their open handles: what is checked is what is read, whatever is renamed meanwhile."""
    with storage_faults():
        root.mkdir(parents=True, exist_ok=True)
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = _open(part, os.O_DIRECTORY, handle)
            os.close(handle)
            handle = inner
        file = _open(parts[-1], _NO_WAIT, handle)
    finally:
        os.close(handle)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise _missing()
    with os.fdopen(file, "rb") as opened, storage_faults():
        return opened.read(MAX_BYTES + 1)


def _open(part: str, flags: int, folder: int) -> int:
    try:
        return os.open(part, os.O_RDONLY | _NO_LINK | flags, dir_fd=folder)
    except OSError as error:
        # With O_DIRECTORY some systems answer ENOTDIR for a link.
        if error.errno == errno.ELOOP or _is_link(part, folder):
            raise _refuse("This path leads through a link. Name the file itself.") from None
        raise _missing() from None


def _is_link(part: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode)
    except (OSError, ValueError):
        return False


def _missing() -> Unsuitable:
    return _refuse("There is no such file in the media folder. Check the path.")


def _refuse(message: str) -> Unsuitable:
    return Unsuitable(message, field=FIELD)
