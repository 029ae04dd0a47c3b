"""Webhooks over HTTP."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, PageQuery, page_of
from nightdesk.httpkit.schemas import RowId
from nightdesk.httpkit.submits import Accepted, accepted, submits
from nightdesk.webhooks import services
from nightdesk.webhooks.models import WebhookDelivery, WebhookEndpoint
from nightdesk.webhooks.schemas import DeliveryOut, SecretIn, WebhookIn, WebhookOut, WebhookPatch, WebhookWithSecret

router = Router(tags=["webhooks"])


@router.get("/", response=Page[WebhookOut], operation_id="list_webhooks", summary="List webhooks")
def list_webhooks(request: HttpRequest, query: Query[PageQuery]) -> Page[WebhookOut]:
    """List the webhooks. Secrets are never shown again."""
    return page_of(request, services.endpoints_shown(), query, WebhookOut.from_row)


@router.post("/", response={201: WebhookWithSecret}, operation_id="create_webhook", summary="Make a webhook")
def create_webhook(request: HttpRequest, body: WebhookIn) -> HttpResponse:
    """Make a webhook. Its secret is in this answer and nowhere else, so this takes no Idempotency-Key."""
    made, secret = services.create_endpoint(**body.model_dump(), user_id=actor_of(request).user_id)
    return _show_secret(201, made, secret, location=f"{request.path.rstrip('/')}/{made.pk}/")


@router.get("/{webhook_id}/", response=WebhookOut, operation_id="show_webhook", summary="Show a webhook")
def show_webhook(request: HttpRequest, webhook_id: RowId) -> WebhookOut:  # noqa: ARG001 (Ninja passes it)
    """Show a webhook."""
    return WebhookOut.from_row(services.find_endpoint(endpoint_id=webhook_id))


@router.patch("/{webhook_id}/", response=WebhookOut, operation_id="update_webhook", summary="Change a webhook")
def update_webhook(request: HttpRequest, webhook_id: RowId, body: WebhookPatch) -> WebhookOut:  # noqa: ARG001
    """Change a webhook, or switch it off and on. One that was switched off because it is gone can be switched on again."""
    if not body.model_fields_set:
        raise InvalidInput(details={"body": ["Nothing to change was sent. Send at least one field."]})
    changes = body.model_dump(include=body.model_fields_set)
    return WebhookOut.from_row(services.change_endpoint(endpoint_id=webhook_id, changes=changes))


@router.delete("/{webhook_id}/", response={204: None}, operation_id="delete_webhook", summary="Delete a webhook")
def delete_webhook(request: HttpRequest, webhook_id: RowId) -> HttpResponse:  # noqa: ARG001 (Ninja passes it)
    """Forget a webhook and its deliveries, for good."""
    services.delete_endpoint(endpoint_id=webhook_id)
    return HttpResponse(status=204)


@router.post(
    "/{webhook_id}/secret/",
    response={200: WebhookWithSecret},
    operation_id="renew_webhook_secret",
    summary="Give a webhook another secret",
)
def renew_webhook_secret(request: HttpRequest, webhook_id: RowId, body: SecretIn) -> HttpResponse:  # noqa: ARG001
    """Replace the secret. For 24 hours deliveries carry a signature with the old one, too, so that no event is lost."""
    changed, secret = services.renew_secret(endpoint_id=webhook_id, secret=body.secret)
    return _show_secret(200, changed, secret)


@router.post(
    "/{webhook_id}/test/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="test_webhook",
    summary="Send a ping",
)
@submits
def test_webhook(request: HttpRequest, webhook_id: RowId) -> HttpResponse:
    """Send the event `ping`; 409 while the webhook is switched off."""
    return _accept(services.send_test(endpoint_id=webhook_id, user_id=actor_of(request).user_id))


@router.get(
    "/{webhook_id}/deliveries/",
    response=Page[DeliveryOut],
    operation_id="list_webhook_deliveries",
    summary="List the deliveries of a webhook",
)
def list_deliveries(request: HttpRequest, webhook_id: RowId, query: Query[PageQuery]) -> Page[DeliveryOut]:
    """List what was delivered in the last 30 days, and what was not, newest first."""
    return page_of(request, services.deliveries_of(endpoint_id=webhook_id), query, DeliveryOut.from_row)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/redeliver/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="redeliver_webhook",
    summary="Send a delivery again",
)
@submits
def redeliver(request: HttpRequest, webhook_id: RowId, delivery_id: RowId) -> HttpResponse:
    """Send a delivery again as it was, under the same `webhook-id`; 409 while it is still on its way."""
    user_id = actor_of(request).user_id
    return _accept(services.redeliver(endpoint_id=webhook_id, delivery_id=delivery_id, user_id=user_id))


def _accept(delivery: WebhookDelivery) -> HttpResponse:
    assert delivery.task_id is not None  # noqa: S101 (asked for in the same transaction)
    return accepted(delivery.task_id, "webhooks.deliver_webhook task submitted successfully")


def _show_secret(status: int, endpoint: WebhookEndpoint, secret: str, *, location: str = "") -> HttpResponse:
    shown = WebhookWithSecret.with_secret(endpoint, secret)
    return answer(status, shown, location=location, headers={"Cache-Control": "no-store"})
