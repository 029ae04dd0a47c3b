"""Who wants no mail, and which addresses take none."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from nightdesk.mail.models.outbox import MAX_REASON_CHARS, Category


class SuppressionReason(models.TextChoices):
    """Why an address gets no mail."""

    REFUSED = "refused"  # the server said that there is no such mailbox
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    MANUAL = "manual"


class Suppression(models.Model):
    """An address, in lower case, that gets no mail of `category`; an empty one means of any but security."""

    address = models.CharField(max_length=254)
    category = models.CharField(max_length=16, choices=Category.choices, blank=True, default="")
    reason = models.CharField(max_length=16, choices=SuppressionReason.choices)
    detail = models.CharField(max_length=MAX_REASON_CHARS, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("address", "category"), name="suppression_once"),
            models.CheckConstraint(condition=Q(address=Lower("address")), name="suppression_lower"),
            models.CheckConstraint(condition=Q(reason__in=SuppressionReason.values), name="suppression_reason"),
        )

    def __str__(self) -> str:
        return f"{self.address}: {self.reason}"


class MailPreference(models.Model):
    """Whether a user wants mails of a category. Without a row: yes. Mail about security cannot be refused."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    category = models.CharField(max_length=16, choices=Category.choices)
    is_wanted = models.BooleanField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "category"), name="mail_preference_once"),
            models.CheckConstraint(condition=~Q(category=Category.SECURITY), name="mail_preference_not_security"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {'wants' if self.is_wanted else 'refuses'} {self.category}"
