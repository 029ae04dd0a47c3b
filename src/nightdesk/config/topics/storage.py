"""Where pictures are kept: in a folder of this machine, or in a bucket on a server that speaks S3."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from nightdesk.config.environment import Environment, Topic, refuse

_BUCKET: Final = "NIGHTDESK_S3_BUCKET"
_ENDPOINT: Final = "NIGHTDESK_S3_ENDPOINT"
_KEY_ID: Final = "NIGHTDESK_S3_KEY_ID"
_SECRET: Final = "NIGHTDESK_S3_SECRET"  # noqa: S105 (the name of a setting)
_PREFIX: Final = "NIGHTDESK_S3_PREFIX"
_REGION: Final = "NIGHTDESK_S3_REGION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket, and who may use it. An empty endpoint is Amazon's."""

    name: str
    endpoint: str
    region: str
    key_id: str
    secret: str = field(repr=False)
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The store of pictures; with a bucket the folder stays empty."""

    media_dir: Path
    temporary_dir: Path
    bucket: Bucket | None

    def describe(self) -> dict[str, Any]:
        """Say it in the form of Django's STORAGES."""
        if self.bucket is None:
            modes = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
            return {"BACKEND": "nightdesk.images.stores.Folder", "OPTIONS": {"location": str(self.media_dir), **modes}}
        return {
            "BACKEND": "nightdesk.images.stores.open_bucket",
            "OPTIONS": {
                "bucket_name": self.bucket.name,
                "endpoint_url": self.bucket.endpoint or None,
                "region_name": self.bucket.region,
                "access_key": self.bucket.key_id,
                "secret_key": self.bucket.secret,
                "location": self.bucket.prefix,
                # Servers of one's own rarely have a host name for each bucket.
                "addressing_style": "path" if self.bucket.endpoint else "auto",
            },
        }

    def make_folders(self) -> None:
        """Make the folder through which uploads pass.

        Raises:
            Misconfigured: it cannot be made.
        """
        try:
            self.temporary_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            complaint = (
                f"cannot be used: {self.temporary_dir} cannot be made ({type(error).__name__}). Check its owner."
            )
            raise refuse("NIGHTDESK_DATA_DIR", complaint) from None


def read_storage(environment: Environment, *, data_dir: Path) -> Storage:
    """Read where pictures are kept. A bucket wins over the folder, and must be described whole."""
    topic = environment.topic("Storage")
    media_dir = topic.text(
        "NIGHTDESK_MEDIA_DIR",
        shown="media in the data folder",
        kind="folder",
        meaning="Where pictures are kept, unless there is a bucket.",
    )
    return Storage(
        media_dir=Path(media_dir).expanduser().absolute() if media_dir else data_dir / "media",
        temporary_dir=data_dir / "uploads",
        bucket=_read_bucket(topic),
    )


def _read_bucket(topic: Topic) -> Bucket | None:
    name = topic.text(_BUCKET, meaning="Bucket for pictures on a server that speaks S3. It must exist, and be private.")
    bucket = Bucket(
        name=name,
        endpoint=_read_endpoint(topic),
        region=topic.text(_REGION, default="us-east-1", meaning="Region of the bucket, as its server calls it."),
        key_id=topic.text(_KEY_ID, meaning="Id of the key that may read, write and delete there."),
        secret=topic.secret(_SECRET, meaning="Secret of that key."),
        prefix=_read_prefix(topic),
    )
    given = {_ENDPOINT: bucket.endpoint, _KEY_ID: bucket.key_id, _SECRET: bucket.secret, _PREFIX: bucket.prefix}
    if not name:
        for setting, value in given.items():
            if value:
                raise refuse(_BUCKET, f"is missing although {setting} is set. Set it, or remove {setting}.")
        return None
    for setting in (_KEY_ID, _SECRET):
        if not given[setting]:
            raise refuse(setting, f"is missing: {_BUCKET} is set, and pictures cannot be stored there without a key.")
    return bucket


def _read_endpoint(topic: Topic) -> str:
    endpoint = topic.text(
        _ENDPOINT, kind="address", shown="Amazon's", meaning="Address of the server, like `https://s3.example.org`."
    )
    parts = urlsplit(endpoint)
    if endpoint and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc):
        raise refuse(_ENDPOINT, "must be an address like https://s3.example.org, without a user name.")
    return endpoint.rstrip("/")


def _read_prefix(topic: Topic) -> str:
    prefix = topic.text(_PREFIX, meaning="Folder within the bucket, where it holds other things too.").strip("/")
    if not all(part and part.strip(".") and part.isprintable() for part in prefix.split("/") if prefix):
        raise refuse(_PREFIX, "must be a plain path like nightdesk or apps/nightdesk.")
    return prefix
