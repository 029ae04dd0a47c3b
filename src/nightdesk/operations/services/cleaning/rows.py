"""Removing rows in batches: short transactions, so that nobody waits for them."""

from collections.abc import Callable
from typing import Any, Final

from django.db.models import Model, QuerySet

from nightdesk.engine import sql

Check = Callable[[], None]

#: A batch takes some milliseconds, also with what hangs on its rows.
_BATCH: Final = 500


def remove_rows(rows: "QuerySet[Any]", *, check: Check, dry_run: bool, batch: int = _BATCH) -> int:
    """Remove the rows of a query with what hangs on them, at most `batch` in a transaction; return how many.

    `check` is called before each batch and may raise; what was removed by then stays removed. The query is asked anew for
    each batch, and once more inside its transaction: what has been changed meanwhile so that it is no longer meant, stays.
    """
    if dry_run:
        return rows.count()
    removed = 0
    model: type[Model] = rows.model
    while found := list(rows.order_by("pk").values_list("pk", flat=True)[:batch]):
        check()
        with sql.writing():
            gone = rows.filter(pk__in=found).delete()[1].get(model._meta.label, 0)
        removed += gone
        if not gone:
            break  # each was changed under our hands; the next clean-up sees
    return removed
