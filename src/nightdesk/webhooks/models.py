"""Who is told what happens here, and each delivery. Secrets are sealed, and stand in no other row and in no log."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

MAX_NAME_CHARS: Final = 120
MAX_URL_CHARS: Final = 1_000
MAX_REASON_CHARS: Final = 500


class WebhookEndpoint(models.Model):
    """An address that is told of events. `events`: which ones; empty: all.

    `sealed` holds the secrets as JSON, encrypted (`engine.sealing`), the newest first; a replaced one signs along until
    `old_secret_until`. With `job_id` it is the address that was named with one request: it hears of that job's end alone,
    once (`told_at`), and is removed with its deliveries.
    """

    name = models.CharField(max_length=MAX_NAME_CHARS, blank=True, default="")
    url = models.CharField(max_length=MAX_URL_CHARS)
    sealed = models.TextField(editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    events = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=MAX_REASON_CHARS, blank=True, default="")
    job_id = models.UUIDField(null=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)
    last_status = models.PositiveIntegerField(null=True, editable=False)
    last_delivered_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("job_id", "url"), name="webhook_endpoint_once_per_job"),)
        indexes = (
            models.Index(
                fields=("created_at",),
                condition=Q(job_id__isnull=False, told_at__isnull=True),
                name="webhook_endpoint_untold",
            ),
        )

    def __str__(self) -> str:
        return self.name or f"webhook {self.pk}"


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting"  # not taken yet; tried again
    DELIVERED = "delivered"
    FAILED = "failed"  # not tried any more


class WebhookDelivery(models.Model):
    """One event for one endpoint. `webhook_id` and `body` are the same in every try: receivers know it again by them."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=60)
    webhook_id = models.CharField(max_length=64, unique=True)
    body = models.TextField()
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    last_status = models.PositiveIntegerField(null=True)
    last_error = models.CharField(max_length=MAX_REASON_CHARS, blank=True, default="")
    task_id = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    attempted_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="webhook_delivery_state"),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.webhook_id}"
