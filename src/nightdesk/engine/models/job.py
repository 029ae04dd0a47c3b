"""A job, what it carries, and what happened to it."""

from typing import Final

from django.db import models
from django.db.models import Q

from nightdesk.engine.states import UNFINISHED, State

#: 256 KB out, 16 KB of error (in: as the kind says): payloads are small JSON, files travel as ids.
MAX_RESULT_BYTES: Final = 256 * 1024
MAX_ERROR_BYTES: Final = 16 * 1024
MAX_MESSAGE_CHARS: Final = 300


class Job(models.Model):
    """One accepted piece of work. Timestamps are the database's clock, UTC."""

    id = models.UUIDField(primary_key=True)  # UUIDv7: ordered by creation
    kind = models.CharField(max_length=120)
    kind_version = models.PositiveSmallIntegerField(default=1)
    queue = models.CharField(max_length=50)
    priority = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    run_at = models.DateTimeField()
    start_before = models.DateTimeField(null=True)

    # In line: None while `run_at` lies ahead, else the fair-queueing tag by which claims are ordered.
    place = models.BigIntegerField(null=True)
    rung_at = models.DateTimeField(null=True)
    rings = models.IntegerField(default=0)

    runs = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    crashes = models.IntegerField(default=0)
    suspect = models.BooleanField(default=False)  # was running when a shared process died

    # Who runs it. `token` fences every write of a run; a fresh claim makes a fresh one.
    token = models.UUIDField(null=True)
    worker = models.UUIDField(null=True)
    ring = models.CharField(max_length=50, default="")
    pid = models.IntegerField(null=True)
    limit_key = models.CharField(max_length=120, null=True)  # noqa: DJ001 (NULL keeps it out of the unique index)
    slot = models.PositiveSmallIntegerField(null=True)

    progress = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=MAX_MESSAGE_CHARS, default="")
    version = models.IntegerField(default=1)

    owner_id = models.BigIntegerField(null=True)  # a user's id; no constraint, since the engine knows no app
    subject = models.CharField(max_length=80, default="")  # "campaign:42"
    parent_id = models.UUIDField(null=True)
    open_children = models.IntegerField(default=0)
    unique_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 (NULL keeps it out of the unique index)

    cancel_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    result_expires_at = models.DateTimeField(null=True)
    result_gone = models.BooleanField(default=False)

    class Meta:
        indexes = (
            # The line: claims read its front, sweeps its unrung rows.
            models.Index(
                "queue",
                "kind",
                models.F("priority").desc(),
                "place",
                "run_at",
                name="job_line",
                condition=Q(state=State.WAITING, place__isnull=False),
            ),
            models.Index(
                fields=("queue", "kind", "priority", "owner_id", "place"),
                name="job_owner_line",
                condition=Q(state=State.WAITING, place__isnull=False),
            ),
            models.Index(
                fields=("run_at",), name="job_scheduled", condition=Q(state=State.WAITING, place__isnull=True)
            ),
            models.Index(fields=("worker",), name="job_running", condition=Q(state=State.RUNNING)),
            models.Index(fields=("finished_at",), name="job_finished", condition=Q(finished_at__isnull=False)),
            models.Index(fields=("owner_id", "id"), name="job_owner"),
            models.Index(fields=("subject",), name="job_subject", condition=~Q(subject="")),
            models.Index(fields=("parent_id",), name="job_parent", condition=Q(parent_id__isnull=False)),
            models.Index(
                fields=("start_before",),
                name="job_start_before",
                condition=Q(state=State.WAITING, start_before__isnull=False),
            ),
            models.Index(
                fields=("result_expires_at",),
                name="job_result_expires",
                condition=Q(result_expires_at__isnull=False),
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("unique_key",),
                name="job_unique_key",
                condition=Q(state__in=sorted(UNFINISHED), unique_key__isnull=False),
            ),
            models.UniqueConstraint(
                fields=("limit_key", "slot"),
                name="job_limit_slot",
                condition=Q(state=State.RUNNING, slot__isnull=False),
            ),
            # One suspect at a time in a process: so its death can be told whose fault it was.
            models.UniqueConstraint(
                fields=("worker",), name="job_one_suspect", condition=Q(state=State.RUNNING, suspect=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class JobPayload(models.Model):
    """What a job carries: arguments, result, error, each JSON text (sealed when `key_id` is set)."""

    job_id = models.UUIDField(primary_key=True)
    arguments = models.TextField()
    result = models.TextField(null=True)  # noqa: DJ001 (NULL: no result, "null": the result None)
    error = models.TextField(null=True)  # noqa: DJ001 (as above)
    key_id = models.CharField(max_length=16, default="")

    def __str__(self) -> str:
        return str(self.job_id)


class Attempt(models.Model):
    """One ended run that did not simply succeed at once."""

    job_id = models.UUIDField()
    number = models.IntegerField()
    worker = models.CharField(max_length=200, default="")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField()
    outcome = models.CharField(max_length=24)
    error_class = models.CharField(max_length=120, default="")
    error = models.TextField(default="")
    traceback = models.TextField(default="")
    log = models.TextField(default="")

    class Meta:
        indexes = (models.Index(fields=("job_id",), name="attempt_job"),)

    def __str__(self) -> str:
        return f"{self.job_id} #{self.number}"


class JobStep(models.Model):
    """A finished step of a job: its result survives retries and rescues. Cost in millionths of a currency unit."""

    job_id = models.UUIDField()
    name = models.CharField(max_length=120)
    result = models.TextField()
    key_id = models.CharField(max_length=16, default="")
    cost_micros = models.BigIntegerField(null=True)
    finished_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("job_id", "name"), name="step_job_name"),)

    def __str__(self) -> str:
        return f"{self.job_id} {self.name}"


class Effect(models.Model):
    """The intent of an effect outside, committed before the call and confirmed after it."""

    key = models.CharField(max_length=200, primary_key=True)
    job_id = models.UUIDField()
    intended_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    result = models.TextField(null=True)  # noqa: DJ001 (NULL: not confirmed)

    class Meta:
        indexes = (models.Index(fields=("job_id",), name="effect_job"),)

    def __str__(self) -> str:
        return self.key


class JobChange(models.Model):
    """That a job has a new version: what the live feed tails. Ids may commit out of order."""

    seq = models.BigAutoField(primary_key=True)
    job_id = models.UUIDField()
    version = models.IntegerField()
    owner_id = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.seq} {self.job_id} v{self.version}"
