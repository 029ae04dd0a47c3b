"""Who did what."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

MAX_ACTION_CHARS: Final = 60
MAX_SUBJECT_CHARS: Final = 80
MAX_TITLE_CHARS: Final = 200


class Source(models.TextChoices):
    """The way in by which it was done."""

    PAGE = "page"
    API = "api"
    ADMIN = "admin"
    SHELL = "shell"
    SCHEDULE = "schedule"
    LINK = "link"  # a link in a mail, without signing in


class Activity(models.Model):
    """One thing that somebody did. Rows are only added, and removed when they are old.

    `action` is a word for programs, like `campaign.create`; `subject` the thing, like `campaign:12`; `title` and
    `actor_name` how they were called then: both outlive their rows. `address` is the caller's.
    """

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=254, blank=True, default="")
    action = models.CharField(max_length=MAX_ACTION_CHARS)
    subject = models.CharField(max_length=MAX_SUBJECT_CHARS, blank=True, default="")
    title = models.CharField(max_length=MAX_TITLE_CHARS, blank=True, default="")
    source = models.CharField(max_length=16, choices=Source.choices)
    job_id = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name_plural = "activities"
        constraints = (models.CheckConstraint(condition=Q(source__in=Source.values), name="activity_source"),)
        indexes = (
            models.Index(fields=("at", "action"), name="activity_at"),
            models.Index(fields=("actor", "at"), name="activity_actor"),
            models.Index(fields=("subject", "at"), name="activity_subject", condition=~Q(subject="")),
        )

    def __str__(self) -> str:
        return f"{self.actor_name or 'nobody'}: {self.action} {self.subject}".rstrip()
