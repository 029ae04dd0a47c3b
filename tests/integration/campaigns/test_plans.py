"""What the pages ask of thousands of campaigns is answered from an index."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.campaigns.models import UNFINISHED, Campaign, ContentPiece, WritingStatus
from nightdesk.core.ids import new_job_id

pytestmark = pytest.mark.django_db


def plan_of(rows: QuerySet[Any]) -> str:
    """Explain a query as if the table were large.

    Reading all of a small table, or sorting it, costs PostgreSQL nothing; how small it thinks the table is depends on
    what autovacuum has seen of other tests. Only what needs no other way is chosen without both.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    return rows.explain()


@pytest.mark.parametrize("status", WritingStatus)
def test_newest_of_a_status_come_in_the_order_of_an_index(status: WritingStatus) -> None:
    plan = plan_of(Campaign.objects.filter(ai_processing_status=status).order_by("-id")[:25])

    assert "campaign_status_newest" in plan
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()


def test_what_was_done_today_comes_in_the_order_of_an_index() -> None:
    done = Campaign.objects.filter(ai_processing_status="completed", ai_processed_at__gte=timezone.now())

    plan = plan_of(done.order_by("-ai_processed_at")[:25])

    assert "campaign_status_processed" in plan
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()


def test_unfinished_campaigns_are_counted_from_an_index() -> None:
    assert "campaign_status_" in plan_of(Campaign.objects.filter(ai_processing_status__in=UNFINISHED).only("id"))


def test_piece_of_a_job_is_found_by_an_index() -> None:
    assert "piece_with_job" in plan_of(ContentPiece.objects.filter(task_id=new_job_id()).only("id"))
