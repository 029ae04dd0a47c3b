"""Asking for mail over HTTP. Whoever asks has a share of such requests of their own."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router

from nightdesk.httpkit import throttles
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.idempotency import is_answered
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.submits import Accepted, accepted, documents_submit, submits
from nightdesk.mail import services
from nightdesk.mail.schemas.mails import MailIn, MailingIn

router = Router(tags=["mail"])


@router.post(
    "/email/send/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="send_mail",
    summary="Send a mail",
)
@documents_submit
def send_mail(request: HttpRequest, body: MailIn) -> HttpResponse:
    """Send one mail of a template to one recipient. Without a mail server it is kept in the outbox, and says so.

    400 with details by field before there is a job; templates about security are for operators.
    """
    _count(request)
    order = services.check_mail(**body.model_dump(), is_operator=actor_of(request).operator)
    return _accept(request, order)


@router.post(
    "/email/bulk/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="send_mailing",
    summary="Send a mail to many",
)
@documents_submit
def send_mailing(request: HttpRequest, body: MailingIn) -> HttpResponse:
    """Send a mail to each of up to 5,000 recipients. An address that is there twice gets one.

    Who has unsubscribed, or takes no mail, is skipped when it would be sent. The result says how many were.
    """
    _count(request)
    order = services.check_mailing(**body.model_dump(), is_operator=actor_of(request).operator)
    return _accept(request, order)


def _count(request: HttpRequest) -> None:
    """Use up one request of the share; not inside the transaction of the request, and not for a repetition."""
    if not is_answered(request):
        throttles.spend(f"mail:{actor_of(request).key}", settings.MAIL_RATE)


@submits
def _accept(request: HttpRequest, order: services.Order) -> HttpResponse:
    job_id = services.ask_for(order, user_id=actor_of(request).user_id)
    return accepted(job_id, f"{order.kind.name} task submitted successfully")
