"""What was published where: one row per post, account and revision, and the rounds in which that was asked for."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from nightdesk.publishing.models.accounts import PlatformAccount
from nightdesk.publishing.models.posts import Post


class Status(models.TextChoices):
    """Where a publishing stands. Success is final: nothing leads from there back to the platform."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"  # it may be out: a person looks and says so
    SKIPPED = "skipped"  # never tried: `error` says why
    MISSED = "missed"  # its time was over before it could be sent


#: States from which a job will still move it.
UNSETTLED: Final = (Status.PENDING, Status.PROCESSING)


class Action(models.TextChoices):
    """What is done on the platform."""

    CREATE = "create"
    UPDATE = "update"  # gives the post of an earlier revision, `replaces`, this content


class PublishRound(models.Model):
    """One request to publish a post: its publishings end one by one, and the round with the last of them.

    `scheduled_at` is the moment as asked for, `time_zone` the zone it was meant in. `announced`: how often its end was
    told; a publishing that is tried again reopens the round. `asked` lists what was asked for, in order: `account`,
    `publishing`, and `said` where it was not sent and why. A publishing of an earlier round may be among them.
    """

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="rounds")
    revision = models.PositiveIntegerField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    scheduled_at = models.DateTimeField(null=True)
    time_zone = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)
    announced = models.PositiveIntegerField(default=0)
    asked = models.JSONField(default=list, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("post", "-id"), name="round_of_post"),
            models.Index(fields=("scheduled_at",), condition=Q(ended_at__isnull=True), name="round_open"),
        )

    def __str__(self) -> str:
        return f"round {self.pk} of post {self.post_id}"


class PublishedPost(models.Model):
    """A post on an account, in one revision.

    Frozen before the first call, and the same for every run after that: `payload`, `pictures`, `key`, `slug`,
    `frozen_at`. `prepared` maps the names of `Desk.keep` to what they brought. `first_sent_at`: when a commit may have
    reached the platform first. `task_id` is the job that moves it; only that job may. `remote_id`, `remote_url` and
    `remote_extra` are the platform's. `removed_at`: it was taken away again.
    """

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="publishings")
    account = models.ForeignKey(PlatformAccount, on_delete=models.PROTECT, related_name="publishings")
    platform = models.CharField(max_length=16)
    revision = models.PositiveIntegerField()
    round = models.ForeignKey(PublishRound, on_delete=models.CASCADE, related_name="publishings")
    action = models.CharField(max_length=8, choices=Action.choices, default=Action.CREATE)
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PENDING)
    task_id = models.UUIDField(null=True)
    scheduled_at = models.DateTimeField(null=True)

    key = models.CharField(max_length=64, unique=True, editable=False)
    slug = models.CharField(max_length=200, blank=True, default="")
    payload = models.JSONField(default=dict, blank=True)
    pictures = models.JSONField(default=list, blank=True)
    prepared = models.JSONField(default=dict, blank=True)
    frozen_at = models.DateTimeField(null=True)
    first_sent_at = models.DateTimeField(null=True)

    remote_id = models.CharField(max_length=500, blank=True, default="")
    remote_url = models.CharField(max_length=1_000, blank=True, default="")
    remote_extra = models.JSONField(default=dict, blank=True)
    error_code = models.CharField(max_length=64, blank=True, default="")
    error = models.CharField(max_length=1_000, blank=True, default="")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("post", "account", "revision"), name="publishing_once"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="publishing_status"),
            models.CheckConstraint(condition=Q(action__in=Action.values), name="publishing_action"),
        )
        indexes = (
            models.Index(fields=("post", "-id"), name="publishing_of_post"),
            models.Index(fields=("task_id",), condition=Q(task_id__isnull=False), name="publishing_of_job"),
            models.Index(
                fields=("scheduled_at",),
                condition=Q(status__in=("pending", "processing")),
                name="publishing_open",
            ),
        )

    def __str__(self) -> str:
        return f"post {self.post_id} on account {self.account_id}, revision {self.revision}"
