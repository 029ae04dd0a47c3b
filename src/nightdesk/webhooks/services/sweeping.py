"""What was missed is told, and what is old goes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.engine.models import Job
from nightdesk.engine.sql import writing
from nightdesk.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from nightdesk.webhooks.services.listening import tell_of

KEPT: Final = timedelta(days=30)
_BATCH: Final = 200


@dataclass(slots=True)
class Swept:
    """What one sweep did."""

    told: int = 0
    removed_deliveries: int = 0
    removed_listeners: int = 0


def sweep(*, check: Callable[[], None], dry_run: bool = False) -> Swept:
    """Tell of jobs that ended without a word, and remove what is older than 30 days; `check` may raise. Safe to repeat.

    A dry run counts what would be removed, and does nothing.
    """
    swept = Swept()
    if dry_run:
        return Swept(removed_deliveries=_old_deliveries().count(), removed_listeners=_old_listeners().count())
    for job in Job.objects.filter(pk__in=_untold_jobs(), finished_at__isnull=False)[:_BATCH]:
        check()
        with writing():
            swept.told += tell_of(job)
    swept.removed_deliveries = _remove(_old_deliveries().order_by("created_at"), check)
    swept.removed_listeners = _remove(_old_listeners().order_by("pk"), check)
    return swept


def _old_deliveries() -> QuerySet[WebhookDelivery]:
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT)
    return old.exclude(state=DeliveryState.WAITING)


def _old_listeners() -> QuerySet[WebhookEndpoint]:
    """Find those whose deliveries are gone, or will be with this sweep.

    One that was never told belongs to a job that is gone, or one that has been waiting for a month: it stays with that.
    """
    listeners = WebhookEndpoint.objects.filter(job_id__isnull=False, created_at__lt=timezone.now() - KEPT)
    staying = WebhookDelivery.objects.exclude(pk__in=_old_deliveries().values("pk")).values("endpoint_id")
    waiting = Job.objects.filter(finished_at=None).values("pk")
    return listeners.exclude(pk__in=staying).exclude(job_id__in=waiting)


def _untold_jobs() -> QuerySet[WebhookEndpoint, object]:
    untold = WebhookEndpoint.objects.filter(job_id__isnull=False, told_at=None)
    return untold.order_by("created_at").values_list("job_id", flat=True)


def _remove(rows: QuerySet[WebhookDelivery] | QuerySet[WebhookEndpoint], check: Callable[[], None]) -> int:
    removed = 0
    while ids := list(rows.values_list("pk", flat=True)[:_BATCH]):
        check()
        with writing():
            rows.model._default_manager.filter(pk__in=ids).delete()
        removed += len(ids)
    return removed
