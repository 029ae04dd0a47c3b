"""What the models were asked, and what it cost: one row a call, also of those that failed."""

from django.db import models
from django.db.models import Q

from nightdesk.campaigns.models.campaigns import Campaign
from nightdesk.providers.text.protocol import CallOutcome, Purpose


class ModelCall(models.Model):
    """One call of a model for a piece, as `CallRecord` tells it. Null where nobody knows; never a made-up 0.

    The row outlives its campaign: what was paid stays in the books. `key` makes storing repeatable.
    """

    key = models.UUIDField(unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.SET_NULL, related_name="model_calls")
    channel = models.CharField(max_length=16)
    job_id = models.UUIDField()
    provider = models.CharField(max_length=120)
    model_asked = models.CharField(max_length=200)
    model_answered = models.CharField(max_length=200, blank=True, default="")
    prompt_version = models.CharField(max_length=80)
    purpose = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Purpose])
    started_at = models.DateTimeField()
    duration_s = models.FloatField()
    outcome = models.CharField(max_length=16, choices=[(one.value, one.value) for one in CallOutcome])
    http_status = models.PositiveSmallIntegerField(null=True)
    request_id = models.CharField(max_length=200, blank=True, default="")
    tokens_in = models.PositiveBigIntegerField(null=True)
    tokens_out = models.PositiveBigIntegerField(null=True)
    tokens_cached = models.PositiveBigIntegerField(null=True)
    tokens_reasoning = models.PositiveBigIntegerField(null=True)
    cost_micros = models.BigIntegerField(null=True)  # millionths of `currency`
    currency = models.CharField(max_length=8, blank=True, default="")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(cost_micros=None) | ~Q(currency=""), name="call_cost_has_currency"),
        )

    def __str__(self) -> str:
        return f"{self.purpose} of {self.channel} by {self.model_asked}: {self.outcome}"
