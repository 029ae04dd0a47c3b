"""Lines that are over their time go."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from nightdesk.activity.models import Activity
from nightdesk.engine import sql

_BATCH: Final = 1_000


def sweep_activity(*, before: datetime, check: Callable[[], None], dry_run: bool = False) -> int:
    """Remove what is older than `before`, in batches with a transaction each; return how many lines.

    `check` is called before each batch and may raise. A dry run counts and removes nothing. Safe to repeat.
    """
    old = Activity.objects.filter(at__lt=before)
    if dry_run:
        return old.count()
    removed = 0
    while found := list(old.order_by("at").values_list("pk", flat=True)[:_BATCH]):
        check()
        with sql.writing():
            removed += Activity.objects.filter(pk__in=found).delete()[0]
    return removed
