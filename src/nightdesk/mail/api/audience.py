"""Who gets mail, over HTTP: suppressed addresses, for operators, and everybody's own preferences."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.actors import actor_of, operator_of
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.idempotency import idempotent
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, page_of
from nightdesk.httpkit.schemas import RowId
from nightdesk.mail import services
from nightdesk.mail.models import SuppressionReason
from nightdesk.mail.schemas.audience import (
    PreferencesOut,
    PreferencesPatch,
    SuppressionIn,
    SuppressionOut,
    SuppressionsQuery,
)

router = Router(tags=["mail"])


@router.get(
    "/suppressions/",
    response=Page[SuppressionOut],
    operation_id="list_suppressions",
    summary="List suppressed addresses",
)
def list_suppressions(request: HttpRequest, query: Query[SuppressionsQuery]) -> Page[SuppressionOut]:
    """List the addresses that get no mail, newest first; operators only."""
    operator_of(request)
    rows = services.suppressions_shown(text=query.q, reason=query.reason)
    return page_of(request, rows, query, SuppressionOut.from_row)


@router.post(
    "/suppressions/",
    response={201: SuppressionOut, **refusals(409, 422)},
    operation_id="suppress_address",
    summary="Suppress an address",
)
@idempotent
def suppress_address(request: HttpRequest, body: SuppressionIn) -> HttpResponse:
    """Stop mail to an address; operators only. One that is suppressed already stays as it is, with its reason."""
    operator_of(request)
    if complaint := services.complain_of_address(body.address):
        raise InvalidInput(details={"address": [complaint]})
    row = services.suppress(
        address=body.address, reason=SuppressionReason.MANUAL, detail=body.detail, category=body.category
    )
    return answer(201, SuppressionOut.from_row(row), location=f"{request.path.rstrip('/')}/{row.pk}/")


@router.get(
    "/suppressions/{suppression_id}/",
    response=SuppressionOut,
    operation_id="show_suppression",
    summary="Show a suppressed address",
)
def show_suppression(request: HttpRequest, suppression_id: RowId) -> SuppressionOut:
    """Show one; operators only."""
    operator_of(request)
    return SuppressionOut.from_row(services.find_suppression(suppression_id=suppression_id))


@router.delete(
    "/suppressions/{suppression_id}/",
    response={204: None},
    operation_id="unsuppress_address",
    summary="Let an address get mail again",
)
def unsuppress_address(request: HttpRequest, suppression_id: RowId) -> HttpResponse:
    """Let an address get mail again; operators only. A user's own preferences stay as they are."""
    services.unsuppress(suppression_id=suppression_id, by=operator_of(request).user_id)
    return HttpResponse(status=204)


@router.get(
    "/preferences/", response=PreferencesOut, operation_id="show_mail_preferences", summary="My mail preferences"
)
def show_preferences(request: HttpRequest) -> PreferencesOut:
    """Show which mails you want to get. Mail about security is always sent."""
    return PreferencesOut.from_preferences(services.preferences_of(user_id=actor_of(request).user_id))


@router.patch(
    "/preferences/",
    response=PreferencesOut,
    operation_id="change_mail_preferences",
    summary="Change my mail preferences",
)
def change_preferences(request: HttpRequest, body: PreferencesPatch) -> PreferencesOut:
    """Say which mails you want to get. Wanting them again undoes an unsubscription of your address."""
    if not body.model_fields_set:
        raise InvalidInput(details={"body": ["Nothing to change was sent. Send at least one field."]})
    user_id = actor_of(request).user_id
    services.set_preferences(user_id=user_id, wanted=body.model_dump(include=body.model_fields_set))
    return PreferencesOut.from_preferences(services.preferences_of(user_id=user_id))
