"""Campaigns: a brief and the channels it is meant for."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

MAX_NAME_CHARS: Final = 120
MAX_BRIEF_CHARS: Final = 20_000
MAX_PRODUCT_CHARS: Final = 200
MAX_AUDIENCE_CHARS: Final = 500
MAX_TONE_CHARS: Final = 120
#: BCP 47 tags in use are far shorter; RFC 5646 (4.4.1) advises to allow 35.
MAX_LANGUAGE_CHARS: Final = 35


class WritingStatus(models.TextChoices):
    """How far the writing of a campaign is. The first two are unfinished."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


UNFINISHED: Final = (WritingStatus.PENDING, WritingStatus.PROCESSING)


class Campaign(models.Model):
    """A brief and the channels it is meant for. `generation` counts how often its content was asked for.

    `brand_kit` is what people chose, `brand_version` what the present generation is written from; `brand_warnings` say
    where the brief demands what the kit forbids. `task_id` is the job that writes the present generation; only that job
    moves `ai_processing_status`. None once the campaign was changed after a failure: then only a regeneration goes on.
    """

    name = models.CharField(max_length=MAX_NAME_CHARS)
    brief = models.TextField()
    product = models.CharField(max_length=MAX_PRODUCT_CHARS, blank=True, default="")
    audience = models.CharField(max_length=MAX_AUDIENCE_CHARS, blank=True, default="")
    tone = models.CharField(max_length=MAX_TONE_CHARS, blank=True, default="")
    channels = models.JSONField()
    language = models.CharField(max_length=MAX_LANGUAGE_CHARS)
    brand_kit = models.ForeignKey("campaigns.BrandKit", null=True, on_delete=models.SET_NULL, related_name="campaigns")
    brand_version = models.ForeignKey(
        "campaigns.BrandKitVersion", null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    brand_warnings = models.JSONField(default=list, blank=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    ai_processing_status = models.CharField(
        max_length=16, choices=WritingStatus.choices, default=WritingStatus.PENDING, editable=False
    )
    ai_processing_error = models.TextField(blank=True, default="", editable=False)
    ai_processed_at = models.DateTimeField(null=True, editable=False)
    task_id = models.UUIDField(null=True, editable=False)
    generation = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(ai_processing_status__in=WritingStatus.values), name="campaign_status"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(brief=""), name="campaign_says_something"),
        )
        indexes = (
            models.Index(fields=("ai_processing_status", "-id"), name="campaign_status_newest"),
            models.Index(fields=("ai_processing_status", "-ai_processed_at"), name="campaign_status_processed"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_unfinished(self) -> bool:
        """Whether its content is still to be written."""
        return self.ai_processing_status in UNFINISHED

    @property
    def subject(self) -> str:
        """The name under which jobs speak of this campaign."""
        return subject_of(self.pk)


def subject_of(campaign_id: int) -> str:
    """The name under which jobs speak of a campaign."""
    return f"campaign:{campaign_id}"
