"""Keys that are made once and kept in the data folder, readable by its owner only."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet

from nightdesk.config.environment import refuse

SIGNING_FILE: Final = "secret.key"
ENCRYPTION_FILE: Final = "encryption.keys"


def keep_secret_key(data_dir: Path) -> str:
    """Return the signing key of this data folder; the first call makes it."""
    return _keep(data_dir / SIGNING_FILE, lambda: secrets.token_urlsafe(64))


def keep_encryption_keys(data_dir: Path) -> tuple[str, ...]:
    """Return the encryption keys of this data folder, one a line, newest first; the first call makes one."""
    return tuple(_keep(data_dir / ENCRYPTION_FILE, lambda: Fernet.generate_key().decode()).split())


def _keep(path: Path, make: Callable[[], str]) -> str:
    """Read the file, or make it: written aside, then linked into place, so that of two processes one wins whole.

    Raises:
        Misconfigured: the data folder cannot be written, or the file is empty or unreadable.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _place(path, make())
        kept = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        complaint = f"cannot be used: {path} cannot be read or written ({type(error).__name__}). Check its owner."
        raise refuse("NIGHTDESK_DATA_DIR", complaint) from None
    if not kept:
        raise refuse("NIGHTDESK_DATA_DIR", f"holds an empty {path.name}. Restore it from a backup.")
    return kept


def _place(path: Path, content: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return  # another process was first; its key counts
    finally:
        draft.unlink()
