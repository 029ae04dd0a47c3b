"""Where pictures are kept: a folder of this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nightdesk.config.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The store of pictures."""

    media_dir: Path
    temporary_dir: Path

    def describe(self) -> dict[str, Any]:
        """Say it in the form of Django's STORAGES."""
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": str(self.media_dir),
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }


def read_storage(environment: Environment, *, data_dir: Path) -> Storage:
    """Read where pictures are kept."""
    topic = environment.topic("Storage")
    media_dir = topic.text(
        "NIGHTDESK_MEDIA_DIR", shown="media in the data folder", kind="folder", meaning="Where pictures are kept."
    )
    return Storage(
        media_dir=Path(media_dir).expanduser().absolute() if media_dir else data_dir / "media",
        temporary_dir=data_dir / "uploads",
    )
