"""Mails, each with where it stands. What is in them lies beside them: lists of mails never read it."""

import uuid
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

MAX_SUBJECT_CHARS: Final = 255
MAX_TEMPLATE_CHARS: Final = 60
MAX_REASON_CHARS: Final = 500
#: Recipients of one bulk mailing; more are asked for in several.
MAX_RECIPIENTS: Final = 5_000
#: Mails of one child job of a bulk mailing: a few seconds of sending, and a step of the progress.
MAX_BATCH: Final = 100


class Category(models.TextChoices):
    """What a mail is for; says what happens when nobody knows whether it was sent, and who may refuse it.

    SECURITY (resets, receipts): sent again with the same Message-ID until it is known. NOTICE (welcome, notifications):
    the same, at most twice more. BULK (newsletters, digests): `unknown`, never again by itself.
    """

    SECURITY = "security"
    NOTICE = "notice"
    BULK = "bulk"


class MailState(models.TextChoices):
    """Where a mail stands."""

    QUEUED = "queued"  # nobody has tried to send it, or it is to be tried again
    SENDING = "sending"  # claimed by a run; committed before anything is sent
    SENT = "sent"  # the server took it
    KEPT = "kept"  # there is no server: it lies in the outbox page, and nothing left
    FAILED = "failed"  # refused, or tried too often
    UNKNOWN = "unknown"  # it may have been sent: a person decides
    SKIPPED = "skipped"  # the recipient wants no such mail, or the address does not take any
    CANCELLED = "cancelled"


UNFINISHED: Final = (MailState.QUEUED, MailState.SENDING)


class BulkMail(models.Model):
    """One mailing to many. What its mails have in common stands here, sealed; `task_id` is the parent job's."""

    subject = models.CharField(max_length=MAX_SUBJECT_CHARS)
    template = models.CharField(max_length=MAX_TEMPLATE_CHARS)
    sealed_context = models.TextField(editable=False)
    task_id = models.UUIDField(unique=True, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    total = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.subject} ({self.total})"


class OutboxMail(models.Model):
    """One mail to one recipient.

    `dedupe_key` makes a second one impossible, whoever asks. `uid` makes the Message-ID, the same in every try. A run
    claims it by setting `token`, commits, sends, then confirms: a mail found `sending` whose run is gone may have been
    sent. `doubts` counts such ends. `sealed_context` is empty where the mail is one of a bulk mailing, whose context it
    shares. `task_id` is the job that sends it, `batch` the child job's number in a mailing.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dedupe_key = models.CharField(max_length=200, unique=True, editable=False)
    category = models.CharField(max_length=16, choices=Category.choices)
    template = models.CharField(max_length=MAX_TEMPLATE_CHARS)
    subject = models.CharField(max_length=MAX_SUBJECT_CHARS)
    recipient = models.CharField(max_length=254)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    bulk = models.ForeignKey(BulkMail, null=True, on_delete=models.CASCADE, related_name="mails")
    batch = models.PositiveIntegerField(null=True, editable=False)
    sealed_context = models.TextField(blank=True, default="", editable=False)
    state = models.CharField(max_length=16, choices=MailState.choices, default=MailState.QUEUED)
    token = models.UUIDField(null=True, editable=False)
    task_id = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    doubts = models.PositiveSmallIntegerField(default=0)
    last_code = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=MAX_REASON_CHARS, blank=True, default="")
    provider_id = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(category__in=Category.values), name="outbox_mail_category"),
            models.CheckConstraint(condition=Q(state__in=MailState.values), name="outbox_mail_state"),
        )
        indexes = (
            models.Index(fields=("bulk", "batch", "state"), name="outbox_mail_batch", condition=Q(bulk__isnull=False)),
            models.Index(fields=("state", "created_at"), name="outbox_mail_state"),
            models.Index(fields=("created_at",), name="outbox_mail_created"),
            models.Index(fields=("recipient",), name="outbox_mail_recipient"),
            models.Index(fields=("task_id",), name="outbox_mail_task", condition=Q(task_id__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"


class MailBody(models.Model):
    """What a mail said, byte for byte: every try sends the same. Compressed; sealed where the mail is about security."""

    mail = models.OneToOneField(OutboxMail, primary_key=True, on_delete=models.CASCADE, related_name="body")
    raw = models.BinaryField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    is_sealed = models.BooleanField(default=False, editable=False)
    rendered_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"body of mail {self.mail_id}"


class SenderPause(models.Model):
    """Until when nothing is sent, because the server said so (421, 454). One row a sender."""

    sender = models.CharField(max_length=100, primary_key=True)
    until = models.DateTimeField()
    reason = models.CharField(max_length=MAX_REASON_CHARS, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.sender} pauses until {self.until}"
