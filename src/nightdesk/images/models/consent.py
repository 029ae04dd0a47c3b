"""Face swaps: whether they are allowed here, and who said that they may."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ImageSettings(models.Model):
    """What an administrator decided about pictures: one row, or none while everything stands as it came."""

    face_swap_allowed = models.BooleanField(default=False)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="image_settings_one_row"),)

    def __str__(self) -> str:
        return "image settings"


class FaceSwapConsent(models.Model):
    """What somebody confirmed before a face swap, word for word. Never changed, never deleted with the job."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    job_id = models.UUIDField(unique=True)
    statement = models.TextField()
    given_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"consent to {self.job_id}"
