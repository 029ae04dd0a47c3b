"""Reports: one set of numbers each, from which every form of them is made."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

MAX_REASON_CHARS: Final = 500


class ReportType(models.TextChoices):
    """What a report is about."""

    ACTIVITY = "activity"
    USERS = "users"
    CONTENT = "content"


class Progress(models.TextChoices):
    """Where an export or a report stands."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # its files are gone; what it was stays


class Report(models.Model):
    """A report over whole days, both ends included, in `time_zone`. `dataset` holds its numbers once it is ready."""

    report_type = models.CharField(max_length=16, choices=ReportType.choices)
    date_from = models.DateField()
    date_to = models.DateField()
    time_zone = models.CharField(max_length=64)
    dataset = models.JSONField(null=True, editable=False)
    recipients = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=16, choices=Progress.choices, default=Progress.WAITING)
    error = models.CharField(max_length=MAX_REASON_CHARS, blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    task_id = models.UUIDField(unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(report_type__in=ReportType.values), name="report_type"),
            models.CheckConstraint(condition=Q(state__in=Progress.values), name="report_state"),
            models.CheckConstraint(condition=Q(date_from__lte=F("date_to")), name="report_dates"),
        )
        indexes = (models.Index(fields=("owner", "created_at"), name="report_owner"),)

    def __str__(self) -> str:
        return f"{self.report_type} {self.date_from} to {self.date_to}"
