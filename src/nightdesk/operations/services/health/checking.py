"""One look at everything, kept as a row."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from nightdesk.operations.models import HealthCheck, Verdict
from nightdesk.operations.services.health.parts import PARTS
from nightdesk.operations.services.health.probing import PATIENCE_S, Finding, Probe, ask_all

_WORST_FIRST: Final = (Verdict.CRITICAL, Verdict.WARNING, Verdict.OK)


def check_health(
    *, task_id: UUID | None = None, parts: Mapping[str, Probe] = PARTS, patience_s: float = PATIENCE_S
) -> HealthCheck:
    """Ask every part and keep what was found; takes at most `patience_s` and a few milliseconds.

    With `task_id` there is one row a job: the one that is there is returned as the newest look of that job found it.
    """
    found = ask_all(parts, patience_s=patience_s)
    check = HealthCheck(
        verdict=worst_of(found), parts={name: asdict(one) for name, one in found.items()}, task_id=task_id
    )
    try:
        with transaction.atomic():
            check.save(force_insert=True)
    except IntegrityError:  # the run before was taken for dead after it had kept its row
        HealthCheck.objects.filter(task_id=task_id).update(at=check.at, verdict=check.verdict, parts=check.parts)
        return HealthCheck.objects.get(task_id=task_id)
    return check


def worst_of(found: Mapping[str, Finding]) -> str:
    """Return the worst verdict there is."""
    verdicts = {one.verdict for one in found.values()}
    return next(verdict for verdict in _WORST_FIRST if verdict in verdicts or verdict == Verdict.OK)


def latest_health() -> HealthCheck | None:
    """Return the newest look, None before the first."""
    return HealthCheck.objects.order_by("-at", "-pk").first()


def health_history(*, since: datetime) -> QuerySet[HealthCheck]:
    """Give the looks since a moment, newest first."""
    return HealthCheck.objects.filter(at__gte=since).order_by("-at", "-pk")
