"""Files of models: found by name in one folder, and taken only with the checksum that the operator wrote down."""

import hashlib
import threading
from pathlib import Path
from typing import Final

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.images.models.options import FOLDER_SETTING, ModelFile, ModelOptions
from nightdesk.providers.images.protocol import Readiness

#: A file's checksum by what changes when the file does. A gigabyte takes about a second to read: once a process is enough.
_Identity = tuple[str, int, int]
_checksums: Final[dict[_Identity, str]] = {}
_lock: Final = threading.Lock()


def inspect_file(options: ModelOptions, file: ModelFile, *, setting: str) -> Readiness:
    """Say whether this model's file is configured, there, and the right one. Cheap but for the first look at a file."""
    if not file.name:
        return Readiness(
            is_ready=False,
            missing=(setting, f"{setting}_SHA256"),
            detail=f"Put a model's file into the folder of {FOLDER_SETTING}, set {setting} to its name and "
            f"{setting}_SHA256 to its checksum, then start Nightdesk again.",
        )
    path = options.folder / file.name
    try:
        if not path.is_file():
            return _refuse(setting, f"There is no file {file.name!r} in the folder of {FOLDER_SETTING}. Put it there.")
        found = _checksum(path)
    except OSError as error:
        return _refuse(setting, f"The file {file.name!r} cannot be read ({type(error).__name__}). Check its rights.")
    if found != file.sha256:
        return _refuse(
            f"{setting}_SHA256",
            f"The file {file.name!r} has another checksum than {setting}_SHA256 says, so it is not used. "
            "Fetch it again, or correct the setting.",
        )
    return Readiness(is_ready=True)


def take_file(options: ModelOptions, file: ModelFile, *, setting: str) -> Path:
    """Return the path of a model's file, checked as `inspect_file` does.

    Raises:
        Misconfigured: it is not ready; the message says what to do.
    """
    readiness = inspect_file(options, file, setting=setting)
    if not readiness.is_ready:
        raise Misconfigured(readiness.detail, setting=", ".join(readiness.missing))
    return options.folder / file.name


def _refuse(setting: str, detail: str) -> Readiness:
    return Readiness(is_ready=False, missing=(setting,), detail=detail)


def _checksum(path: Path) -> str:
    standing = path.stat()
    identity = (str(path), standing.st_size, standing.st_mtime_ns)
    with _lock:  # two requests at once read the file once
        if identity not in _checksums:
            with path.open("rb") as content:
                _checksums[identity] = hashlib.file_digest(content, "sha256").hexdigest()
        return _checksums[identity]
