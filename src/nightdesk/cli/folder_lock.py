"""One `nightdesk up` a data folder: a lock that the system lets go of when its process ends, however that ends."""

import json
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_NAME: Final = "up.lock"
NOTE_NAME: Final = "up.json"
#: Whoever reads the note holds the lock for a moment, to see whether it is free.
_TRIES: Final = 4
_BETWEEN_TRIES_S: Final = 0.05


class FolderTaken(Exception):
    """Another process holds the folder; `note` is what it left there."""

    def __init__(self, note: dict[str, Any]) -> None:
        """Carry the note of the holder."""
        super().__init__(f"held by process {note.get('pid', 'of unknown id')}")
        self.note = note


class FolderLock:
    """Hold a data folder, with a note beside it that says who holds it and where it is served."""

    def __init__(self, folder: Path) -> None:
        """Prepare to take `folder`."""
        self._folder = folder
        self._file: IO[bytes] | None = None

    def take(self) -> Self:
        """Take the folder until the `with` block ends.

        Raises:
            FolderTaken: somebody has it. OSError: the folder cannot be made or written to.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        file = (self._folder / LOCK_NAME).open("ab")
        for _ in range(_TRIES):
            try:
                _lock(file)
            except OSError:
                time.sleep(_BETWEEN_TRIES_S)
            else:
                self._file = file
                return self
        file.close()
        raise FolderTaken(read_note(self._folder))

    def __enter__(self) -> Self:
        """Hold what was taken."""
        return self

    def write_note(self, **note: Any) -> None:
        """Say in the folder who holds it; readers never see half of it."""
        draft = self._folder / f"{NOTE_NAME}.new"
        draft.write_text(json.dumps({"pid": os.getpid(), **note}))
        draft.replace(self._folder / NOTE_NAME)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the folder go. The lock file stays: removing it would let two processes lock two files of one name."""
        (self._folder / NOTE_NAME).unlink(missing_ok=True)
        if self._file is not None:
            self._file.close()


def read_note(folder: Path) -> dict[str, Any]:
    """Read what the holder of a folder says; empty when nobody holds it, or it has not said yet."""
    try:
        note = json.loads((folder / NOTE_NAME).read_text())
        with (folder / LOCK_NAME).open("rb+") as file:
            _lock(file)
    except (FileNotFoundError, ValueError):
        return {}
    except OSError:
        return note if isinstance(note, dict) else {}
    return {}  # the lock was free: its holder was killed and could not remove its note


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
