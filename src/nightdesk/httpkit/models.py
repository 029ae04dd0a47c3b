"""What HTTP itself has to remember: answers to keyed requests, and who has used how much."""

from django.db import models


class IdempotentAnswer(models.Model):
    """The answer that was given to a request with an Idempotency-Key. Lives as long as keys are honoured."""

    #: SHA-256 of actor, method, path and key: its uniqueness decides between two at once.
    scope = models.CharField(max_length=64, primary_key=True)
    actor = models.CharField(max_length=40)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=200)  # for people to read; cut
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(default="")
    location = models.CharField(max_length=300, default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("created_at",), name="idempotent_created"),)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Bucket(models.Model):
    """How far somebody's share is used up: `full_at` is when it will be whole again, in seconds since 1970."""

    key = models.CharField(max_length=120, primary_key=True)
    full_at = models.FloatField()

    class Meta:
        indexes = (models.Index(fields=("full_at",), name="bucket_full"),)

    def __str__(self) -> str:
        return self.key
