"""The books: every call of a model that was made for a campaign, and what a campaign has cost."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, Count, Q, Sum

from nightdesk.campaigns.models import Campaign, ModelCall
from nightdesk.core.redaction import clean_text, redact_text
from nightdesk.engine.sql import writing
from nightdesk.providers.text.protocol import CallOutcome, CallRecord

_LONGEST: Final = {
    column.name: column.max_length for column in ModelCall._meta.get_fields() if isinstance(column, CharField)
}

#: Turned away before a model read anything: there is nothing to pay, so no price is missing.
_TURNED_AWAY: Final = Q(
    outcome__in=[CallOutcome.REJECTED, CallOutcome.QUOTA, CallOutcome.THROTTLED], tokens_in=None, tokens_out=None
) & ~Q(http_status=200)  # an answer that broke off after it had begun


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedCall:
    """A call that is still to be written into the books; `key` is its own for ever."""

    key: UUID
    channel: str
    record: CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCost:
    """What the models were asked for a campaign, in all generations.

    Tokens are None where no call told them, and sum up those that did. `cost_micros` (millionths of `currency`) sums up
    the calls whose price is known, None where none is, or where they were paid in several currencies: then look at
    `by_currency`. `calls_without_price` says how many calls are in no sum and may have cost something: those that were
    turned away with no answer and no tokens are not among them.
    """

    calls: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_micros: int | None = None
    currency: str = ""
    calls_without_price: int = 0
    by_currency: dict[str, int] = field(default_factory=dict)


def store_calls(*, campaign_id: int, job_id: UUID, calls: Iterable[NotedCall]) -> None:
    """Write calls into the books, whether or not their text counts: they are to be paid. Safe to repeat."""
    with writing():
        # Locked, so that it is not deleted before the commit; a call for a deleted one is kept without it.
        kept = (
            Campaign.objects.select_for_update(no_key=True).filter(pk=campaign_id).values_list("pk", flat=True).first()
        )
        rows = [
            ModelCall(key=call.key, campaign_id=kept, channel=call.channel, job_id=job_id, **_columns(call.record))
            for call in calls
        ]
        ModelCall.objects.bulk_create(rows, ignore_conflicts=True)


def _columns(record: CallRecord) -> dict[str, Any]:
    """Fit what a provider said to our columns: it may say anything."""
    columns = record.model_dump()
    for name, longest in _LONGEST.items():
        if isinstance(columns.get(name), str):
            columns[name] = redact_text(clean_text(columns[name]))[:longest]
    if columns["cost_micros"] is not None and not columns["currency"]:
        columns["cost_micros"] = None  # a number of nobody knows what
    return columns


def costs_of(*, campaign_ids: Iterable[int]) -> dict[int, CampaignCost]:
    """Sum up the calls of each of these campaigns, in one statement; none made: zero calls, all else unknown."""
    ids = set(campaign_ids)
    rows: dict[int, list[dict[str, Any]]] = {campaign_id: [] for campaign_id in ids}
    sums = (
        ModelCall.objects.filter(campaign_id__in=ids)
        .values("campaign_id", "currency")
        .annotate(
            calls=Count("id"),
            sum_in=Sum("tokens_in"),
            sum_out=Sum("tokens_out"),
            sum_cost=Sum("cost_micros"),
            priced=Count("cost_micros"),
            unpriced=Count("id", filter=Q(cost_micros=None) & ~_TURNED_AWAY),
        )
        .order_by("campaign_id", "currency")
    )
    for row in sums if ids else ():
        rows[row["campaign_id"]].append(dict(row))
    return {campaign_id: _sum_up(found) for campaign_id, found in rows.items()}


def _sum_up(rows: list[dict[str, Any]]) -> CampaignCost:
    by_currency = {row["currency"]: row["sum_cost"] for row in rows if row["priced"]}
    only = next(iter(by_currency.items())) if len(by_currency) == 1 else ("", None)
    return CampaignCost(
        calls=sum(row["calls"] for row in rows),
        tokens_in=_known_sum(row["sum_in"] for row in rows),
        tokens_out=_known_sum(row["sum_out"] for row in rows),
        cost_micros=only[1],
        currency=only[0],
        calls_without_price=sum(row["unpriced"] for row in rows),
        by_currency=by_currency,
    )


def _known_sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
