"""The activity log over HTTP."""

from django.http import HttpRequest
from ninja import Query, Router

from nightdesk.activity import services
from nightdesk.activity.schemas import ActivityOut, ActivityQuery
from nightdesk.core.errors import Forbidden
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, page_of

router = Router(tags=["activity"])


@router.get(
    "/",
    response={200: Page[ActivityOut], **refusals(403)},
    operation_id="list_activity",
    summary="Who did what",
)
def list_activity(request: HttpRequest, query: Query[ActivityQuery]) -> Page[ActivityOut]:
    """List what was done, newest first: operators see everybody's lines, others their own."""
    actor = actor_of(request)
    if not actor.operator and query.actor not in {None, actor.user_id}:
        raise Forbidden("Only operators see what others did. Leave `actor` out to see your own.")
    rows = services.activities_shown(
        actor_id=query.actor if actor.operator else actor.user_id,
        action=query.action,
        subject=query.subject,
        since=query.since,
        until=query.until,
        text=query.q,
    )
    return page_of(request, rows, query, ActivityOut.from_row)
