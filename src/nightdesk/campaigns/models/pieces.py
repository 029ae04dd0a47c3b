"""Content pieces: the current text for one channel, and every version there was of it."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from nightdesk.campaigns.models.brand_kits import BrandKitVersion
from nightdesk.campaigns.models.campaigns import Campaign
from nightdesk.providers.text.channels import CHANNELS, Channel

#: Of one text that a person writes: twice the longest brief, and more than any blog post.
MAX_FIELD_CHARS: Final = 40_000
MAX_WISH_CHARS: Final = 500
MAX_MADE_BY_CHARS: Final = 120
MAX_PROMPT_VERSION_CHARS: Final = 80


class Origin(models.TextChoices):
    """How a version came to be."""

    WRITTEN = "written"  # by a writer: `made_by` says which
    EDITED = "edited"  # by a person, out of the version before
    RESTORED = "restored"  # by a person, out of an older version


class ContentPiece(models.Model):
    """The current text for one channel. `fields` has the shape of `providers.text.pieces`.

    `version` is the number of the version that is shown here; every change names the version it was made from. There may
    be versions of higher numbers: texts of a writer that came after a person's edit. `generation` is the campaign's when
    this text was made. A locked piece is left alone by every regeneration. `task_id` is the job that writes this one
    piece anew; it stays when that job failed, so that it can be tried again. `picture` goes with the text, whatever
    version is shown; it cannot be deleted while it is used here.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="pieces")
    channel = models.CharField(max_length=16)
    fields = models.JSONField()
    made_by = models.CharField(max_length=MAX_MADE_BY_CHARS)
    generation = models.PositiveIntegerField()
    warnings = models.JSONField(default=list, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.WRITTEN, editable=False)
    prompt_version = models.CharField(max_length=MAX_PROMPT_VERSION_CHARS, blank=True, default="", editable=False)
    locked_at = models.DateTimeField(null=True, editable=False)
    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    task_id = models.UUIDField(null=True, editable=False)
    picture = models.ForeignKey(
        "images.Asset", null=True, editable=False, on_delete=models.PROTECT, related_name="pieces"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("campaign", "channel"), name="piece_campaign_channel"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="piece_origin"),
        )
        # IS NOT NULL, word for word: SQLite does not see through NOT (... IS NULL), and would not use the index.
        indexes = (models.Index(fields=("task_id",), condition=Q(task_id__isnull=False), name="piece_with_job"),)

    def __str__(self) -> str:
        return f"{self.channel} of campaign {self.campaign_id}"

    @property
    def channel_title(self) -> str:
        """The channel's name for people."""
        return CHANNELS[Channel(self.channel)].title

    @property
    def is_locked(self) -> bool:
        """Whether it is to stay as it is."""
        return self.locked_at is not None


class PieceVersion(models.Model):
    """One text there was for a channel; never changed. `author` is the person of an edit, `job_id` the job of a writer."""

    piece = models.ForeignKey(ContentPiece, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    fields = models.JSONField()
    made_by = models.CharField(max_length=MAX_MADE_BY_CHARS)
    warnings = models.JSONField(default=list, blank=True)
    origin = models.CharField(max_length=16, choices=Origin.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    job_id = models.UUIDField(null=True)
    brand_version = models.ForeignKey(BrandKitVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    prompt_version = models.CharField(max_length=MAX_PROMPT_VERSION_CHARS, blank=True, default="")
    generation = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("piece", "number"), name="piece_version_number"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="piece_version_origin"),
        )

    def __str__(self) -> str:
        return f"version {self.number} of piece {self.piece_id}"
