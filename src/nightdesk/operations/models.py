"""What was found when the installation looked at itself."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Verdict(models.TextChoices):
    """How a part is."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


class HealthCheck(models.Model):
    """One look. `parts`: name -> {"verdict", "latency_ms", "detail"}; `verdict` is the worst of them."""

    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    parts = models.JSONField()
    task_id = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="health_check_verdict"),)

    def __str__(self) -> str:
        return f"{self.verdict} at {self.at}"
