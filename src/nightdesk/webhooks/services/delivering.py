"""One delivery, sent: at least once, with the same id each time."""

from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from nightdesk.core.errors import NightdeskError
from nightdesk.core.redaction import clean_text
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.run import Run
from nightdesk.engine.sql import writing
from nightdesk.providers.publishing.registry import configured
from nightdesk.providers.webhooks.sending import Sent, WebhookGone, send
from nightdesk.webhooks.errors import DeliveryNotFound, EndpointAsleep
from nightdesk.webhooks.models import MAX_REASON_CHARS, DeliveryState, WebhookDelivery, WebhookEndpoint
from nightdesk.webhooks.services.secrets import open_secrets

_STOPPED: Final = "It was stopped before it was taken. Send it again if it is still wanted."


def deliver(*, delivery_id: int, run: Run) -> dict[str, Any]:
    """Send a delivery and write down what came of it; return the receiver's status.

    Raises:
        Transient: it was not taken and is tried again. WebhookGone: the receiver wants no more, and is switched off.
        Permanent: it cannot be sent there. DeliveryNotFound: it was deleted. EndpointAsleep: it was switched off.
    """
    found = WebhookDelivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if found is None:
        raise DeliveryNotFound
    if found.state == DeliveryState.DELIVERED:
        return {"status": found.last_status, "attempts": found.attempts}
    if not found.endpoint.is_active:
        raise EndpointAsleep
    run.progress(30, "Sending")
    sent = send(
        url=found.endpoint.url,
        secrets=_signing_secrets(found.endpoint),
        webhook_id=found.webhook_id,
        body=found.body.encode(),
        options=configured(),
        check=run.check_cancelled,
        time_left_s=run.time_left_s,
    )
    _write_down(found, sent)
    if sent.fault is not None:
        raise sent.fault
    return {"status": sent.status, "attempts": found.attempts + 1}


def delivery_ended(*, end: JobEnd) -> None:
    """Mark a delivery whose job has ended without its being taken. Safe to repeat."""
    message = end.error.message if end.error else _STOPPED
    WebhookDelivery.objects.filter(task_id=end.job_id, state=DeliveryState.WAITING).update(
        state=DeliveryState.FAILED, last_error=clean_text(message)[:MAX_REASON_CHARS]
    )


def _signing_secrets(endpoint: WebhookEndpoint) -> list[str]:
    newest, *older = open_secrets(endpoint.sealed)
    is_overlap = endpoint.old_secret_until is not None and endpoint.old_secret_until > timezone.now()
    return [newest, *(older if is_overlap else ())]


def _write_down(delivery: WebhookDelivery, sent: Sent) -> None:
    now = timezone.now()
    waiting = WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING)
    seen = {"attempts": F("attempts") + 1, "last_status": sent.status, "attempted_at": now}
    endpoint = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    with writing():
        if sent.fault is None:
            waiting.update(**seen, state=DeliveryState.DELIVERED, delivered_at=now, last_error="")
            endpoint.update(last_status=sent.status, last_delivered_at=now)
            return
        waiting.update(**seen, last_error=_say(sent.fault))
        endpoint.update(last_status=sent.status)
        if isinstance(sent.fault, WebhookGone):
            endpoint.filter(is_active=True).update(is_active=False, disabled_reason=_say(sent.fault))


def _say(fault: NightdeskError) -> str:
    return clean_text(fault.public_message)[:MAX_REASON_CHARS]
