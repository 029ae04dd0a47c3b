"""Events: written down for each endpoint that wants them, in the transaction in which they happen."""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from nightdesk.core.ids import new_job_id
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.sql import writing
from nightdesk.webhooks.errors import DeliveryNotFound, EndpointAsleep, StillOnItsWay
from nightdesk.webhooks.jobs import DeliverWebhook
from nightdesk.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from nightdesk.webhooks.services.endpoints import endpoints_shown, find_endpoint

JOB_ENDED: Final = "job.ended"
PING: Final = "ping"
#: What endpoints can be told of.
EVENTS: Final = ("post.finished",)


def announce(*, event: str, data: Mapping[str, Any]) -> int:
    """Tell every endpoint that wants this event, in the caller's transaction; return how many that are. `data` is JSON.

    A roll-back takes the deliveries along; a receiver that is away holds nobody up.
    """
    if event not in EVENTS:
        raise ValueError(f"{event!r} is no event that can be listened to")
    with writing():
        wanting = [one for one in endpoints_shown().filter(is_active=True) if not one.events or event in one.events]
        for endpoint in wanting:
            write_delivery(endpoint=endpoint, event=event, data=data)
    return len(wanting)


def write_delivery(
    *, endpoint: WebhookEndpoint, event: str, data: Mapping[str, Any], owner_id: int | None = None
) -> WebhookDelivery:
    """Write a delivery down and ask for it. The body is what Standard Webhooks recommends: type, timestamp, data."""
    body = {"type": event, "timestamp": timezone.now().isoformat(), "data": dict(data)}
    made = WebhookDelivery.objects.create(
        endpoint=endpoint, event=event, webhook_id=f"msg_{new_job_id().hex}", body=json.dumps(body, ensure_ascii=False)
    )
    _ask(made, owner_id)
    return made


def send_test(*, endpoint_id: int, user_id: int | None) -> WebhookDelivery:
    """Send the event `ping` to one endpoint, whatever it listens to.

    Raises:
        EndpointNotFound. EndpointAsleep: it is switched off.
    """
    with writing():
        endpoint = _find_awake(endpoint_id)
        return write_delivery(endpoint=endpoint, event=PING, data={}, owner_id=user_id)


def redeliver(*, endpoint_id: int, delivery_id: int, user_id: int | None) -> WebhookDelivery:
    """Send a delivery once more, as it was: the same id, so a receiver that has it drops it.

    Raises:
        EndpointNotFound, DeliveryNotFound. EndpointAsleep: it is switched off. StillOnItsWay: nothing to do.
    """
    with writing():
        endpoint = _find_awake(endpoint_id)
        ended = endpoint.deliveries.filter(pk=delivery_id).exclude(state=DeliveryState.WAITING)
        if not ended.update(state=DeliveryState.WAITING, delivered_at=None, last_error=""):
            if endpoint.deliveries.filter(pk=delivery_id).exists():
                raise StillOnItsWay
            raise DeliveryNotFound
        found = WebhookDelivery.objects.get(pk=delivery_id)
        _ask(found, user_id)
        return found


def _find_awake(endpoint_id: int) -> WebhookEndpoint:
    endpoint = find_endpoint(endpoint_id=endpoint_id)
    if not endpoint.is_active:
        raise EndpointAsleep
    return endpoint


def _ask(delivery: WebhookDelivery, owner_id: int | None) -> None:
    delivery.task_id = ask_for_delivery(delivery_id=delivery.pk, owner_id=owner_id)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(task_id=delivery.task_id)


def ask_for_delivery(*, delivery_id: int, owner_id: int | None) -> UUID:
    """Ask for the run that sends a delivery."""
    return enqueue(
        DeliverWebhook(delivery_id=delivery_id), owner_id=owner_id, subject=f"webhook delivery:{delivery_id}"
    )
