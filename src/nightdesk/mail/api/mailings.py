"""Bulk mailings over HTTP: how far each has come."""

from django.http import HttpRequest
from ninja import Query, Router

from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.paging import Page, PageQuery, page_of
from nightdesk.httpkit.schemas import RowId
from nightdesk.mail import services
from nightdesk.mail.schemas.mails import MailingOut

router = Router(tags=["mail"])


@router.get("/", response=Page[MailingOut], operation_id="list_mailings", summary="List bulk mailings")
def list_mailings(request: HttpRequest, query: Query[PageQuery]) -> Page[MailingOut]:
    """List bulk mailings, newest first, each with its mails counted by state."""
    actor = actor_of(request)
    rows = services.mailings_shown(user_id=actor.user_id, is_operator=actor.operator).defer("sealed_context")
    page = page_of(request, rows, query, lambda row: row)
    counts = services.count_states(bulk_ids=[row.pk for row in page.items])
    items = [MailingOut.with_counts(row, counts[row.pk]) for row in page.items]
    return Page(items=items, count=page.count, next=page.next)


@router.get("/{mailing_id}/", response=MailingOut, operation_id="show_mailing", summary="Show a bulk mailing")
def show_mailing(request: HttpRequest, mailing_id: RowId) -> MailingOut:
    """Show a bulk mailing. Its mails are at `/api/mail/?bulk_id=...`, those to decide about with `&state=unknown`."""
    actor = actor_of(request)
    row = services.find_mailing(bulk_id=mailing_id, user_id=actor.user_id, is_operator=actor.operator)
    return MailingOut.with_counts(row, services.count_states(bulk_ids=[row.pk])[row.pk])
