"""The outbox over HTTP: operators see all of it, members what they asked for and what is to them."""

from django.http import HttpRequest
from ninja import Query, Router

from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, page_of
from nightdesk.httpkit.schemas import RowId
from nightdesk.mail import services
from nightdesk.mail.models import OutboxMail
from nightdesk.mail.schemas.mails import DecisionIn, MailBodyOut, MailDetail, MailOut, MailsQuery

router = Router(tags=["mail"])


@router.get("/", response=Page[MailOut], operation_id="list_mails", summary="List mails")
def list_mails(request: HttpRequest, query: Query[MailsQuery]) -> Page[MailOut]:
    """List mails, newest first."""
    actor = actor_of(request)
    rows = services.mails_shown(
        user_id=actor.user_id,
        is_operator=actor.operator,
        state=query.state,
        category=query.category,
        text=query.q,
        bulk_id=query.bulk_id,
    )
    return page_of(request, rows.defer("sealed_context"), query, MailOut.from_row)


@router.get("/{mail_id}/", response=MailDetail, operation_id="show_mail", summary="Show a mail")
def show_mail(request: HttpRequest, mail_id: RowId) -> MailDetail:
    """Show a mail with what it says. Null as the body: not written yet, or about security, which is for its recipient."""
    actor = actor_of(request)
    mail = services.find_mail(mail_id=mail_id, user_id=actor.user_id, is_operator=actor.operator)
    read = services.read_body(mail=mail) if services.may_read_body(mail=mail, user_id=actor.user_id) else None
    return MailDetail.with_body(mail, None if read is None else MailBodyOut.model_validate(read))


@router.post(
    "/{mail_id}/decide/",
    response={200: MailOut, **refusals(409)},
    operation_id="decide_mail",
    summary="Say how an unknown mail ended",
)
def decide_mail(request: HttpRequest, mail_id: RowId, body: DecisionIn) -> MailOut:
    """Say whether a mail arrived whose end nobody knows; one that did not is sent again, under the same Message-ID."""
    _find_to_change(request, mail_id)
    by = actor_of(request).user_id
    return MailOut.from_row(services.decide_mail(mail_id=mail_id, arrived=body.arrived, by=by))


@router.post(
    "/{mail_id}/retry/",
    response={200: MailOut, **refusals(409)},
    operation_id="retry_mail",
    summary="Send a mail again",
)
def retry_mail(request: HttpRequest, mail_id: RowId) -> MailOut:
    """Send a mail again that failed or was cancelled: the same mail, under the same Message-ID."""
    _find_to_change(request, mail_id)
    return MailOut.from_row(services.retry_mail(mail_id=mail_id, by=actor_of(request).user_id))


@router.post(
    "/{mail_id}/cancel/",
    response={200: MailOut, **refusals(409)},
    operation_id="cancel_mail",
    summary="Cancel a mail",
)
def cancel_mail(request: HttpRequest, mail_id: RowId) -> MailOut:
    """Cancel a mail that waits; one that is being sent is told to stop, and may leave all the same. Safe to repeat."""
    _find_to_change(request, mail_id)
    return MailOut.from_row(services.cancel_mail(mail_id=mail_id, by=actor_of(request).user_id))


def _find_to_change(request: HttpRequest, mail_id: int) -> OutboxMail:
    actor = actor_of(request)
    return services.find_mail_to_change(mail_id=mail_id, user_id=actor.user_id, is_operator=actor.operator)
