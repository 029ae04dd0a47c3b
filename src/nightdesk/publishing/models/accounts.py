"""Accounts on platforms. Their credentials are sealed, and stand in no other row and in no log."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

MAX_NAME_CHARS: Final = 120


class Health(models.TextChoices):
    """Whether an account works."""

    UNCHECKED = "unchecked"  # its first check has not ended yet
    OK = "ok"
    EXPIRING = "expiring"  # it works until `expires_at`, which is near
    TROUBLE = "trouble"  # the last check could not ask; publishing is still tried
    RECONNECT = "reconnect"  # its credentials do not work: nothing is sent before a person mends it


class PlatformAccount(models.Model):
    """An account on a platform. `sealed` holds the credentials as JSON, encrypted (`engine.sealing`).

    `learned` and `handle` come from the last check. `disconnected_at`: its credentials are gone and it is not offered any
    more; the row stays for the history.
    """

    platform = models.CharField(max_length=16)  # providers.publishing.protocol.Platform
    name = models.CharField(max_length=MAX_NAME_CHARS)
    handle = models.CharField(max_length=200, blank=True, default="")
    url = models.CharField(max_length=1_000, blank=True, default="")
    sealed = models.TextField(blank=True, default="", editable=False)
    options = models.JSONField(default=dict, blank=True)
    learned = models.JSONField(default=dict, blank=True, editable=False)
    health = models.CharField(max_length=16, choices=Health.choices, default=Health.UNCHECKED)
    health_detail = models.CharField(max_length=500, blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, editable=False)
    check_task_id = models.UUIDField(null=True, editable=False)
    connected_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    disconnected_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(health__in=Health.values), name="platform_account_health"),
            models.UniqueConstraint(
                fields=("platform",),
                condition=Q(platform="journal", disconnected_at__isnull=True),
                name="platform_account_one_journal",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} on {self.platform}"
