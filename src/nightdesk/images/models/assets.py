"""Assets: a picture in the store, and what it was made from."""

import base64
import secrets
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

MAX_NAME_CHARS: Final = 200
MAX_PROMPT_CHARS: Final = 5000
#: Longest sides in pixels of the small copies that every asset has, largest first.
THUMB_SIDES: Final = (600, 300, 150)

_ID_BYTES: Final = 15  # 120 random bits: 24 characters of base32 without padding


def new_asset_id() -> str:
    """Make an id that nobody can guess: 24 characters of a-z and 2-7, fit for addresses and file names."""
    return base64.b32encode(secrets.token_bytes(_ID_BYTES)).decode().lower()


class AssetState(models.TextChoices):
    """Where an asset stands."""

    COMING = "coming"  # its file is being read or made by the job `job_id`
    READY = "ready"
    REFUSED = "refused"  # its upload was no picture we take; `refusal` says why
    EXPIRED = "expired"  # its time was over and its files are gone; the row says so for a while


class Origin(models.TextChoices):
    """How an asset came to be."""

    UPLOADED = "uploaded"
    MADE = "made"  # by an operation
    SCREENSHOT = "screenshot"


class Asset(models.Model):
    """A picture. Everything below `state` is set once it is ready and never changed afterwards, but for name and keeping.

    The file is always one that we encoded ourselves, upright, in sRGB and without metadata of its source. `kept_at` and
    `expires_at`: a result expires unless somebody keeps it; uploads do not expire. `provider`, `parameters`, `seed` and
    `prompt` say how it was made, as the task's result does.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_asset_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=MAX_NAME_CHARS, blank=True, default="")
    origin = models.CharField(max_length=16, choices=Origin.choices)
    state = models.CharField(max_length=16, choices=AssetState.choices, default=AssetState.COMING)
    refusal = models.CharField(max_length=500, blank=True, default="")
    #: Whether the library shows it; what came along with a task is not shown.
    is_listed = models.BooleanField(default=True)

    format = models.CharField(max_length=8, blank=True, default="")  # jpeg, png, webp, avif
    width = models.PositiveIntegerField(default=0)  # pixels
    height = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    frames = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    thumbs = models.JSONField(default=list, blank=True)  # [{"side": 600, "width": .., "height": .., "format": "webp"}]

    job_id = models.UUIDField(null=True)
    operation = models.CharField(max_length=32, blank=True, default="")  # providers.images.protocol.Operation, or ""
    provider = models.CharField(max_length=64, blank=True, default="")
    provider_version = models.CharField(max_length=64, blank=True, default="")
    prompt = models.TextField(blank=True, default="")
    refined_prompt = models.TextField(blank=True, default="")
    parameters = models.JSONField(default=dict, blank=True)
    seed = models.BigIntegerField(null=True)
    warnings = models.JSONField(default=list, blank=True)
    is_generative_ai = models.BooleanField(default=False)
    #: IPTC digital source type, as its URI's last part; also embedded in the file where it is set.
    digital_source_type = models.CharField(max_length=64, blank=True, default="")

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    kept_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=AssetState.values), name="asset_state"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="asset_origin"),
        )
        indexes = (
            models.Index(fields=("-created_at", "-id"), condition=Q(is_listed=True), name="asset_library"),
            # IS NOT NULL, word for word: SQLite does not see through NOT (... IS NULL), and would not use the index.
            models.Index(fields=("job_id",), condition=Q(job_id__isnull=False), name="asset_of_job"),
            models.Index(fields=("expires_at",), condition=Q(expires_at__isnull=False), name="asset_expires"),
        )

    def __str__(self) -> str:
        return f"asset {self.pk}"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over; its file may be gone already."""
        return self.state == AssetState.EXPIRED or (self.expires_at is not None and self.expires_at <= timezone.now())


class AssetParent(models.Model):
    """One picture that another was made from. `role` is the field of the task that named it: image, target_image, mask."""

    child = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="parents")
    #: Null once the parent was deleted; the child stays.
    parent = models.ForeignKey(Asset, null=True, on_delete=models.SET_NULL, related_name="children")
    role = models.CharField(max_length=16)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("child", "role"), name="asset_parent_role"),)

    def __str__(self) -> str:
        return f"{self.role} of {self.child_id}"
