"""Endpoints: made, changed, given another secret, deleted."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.core.errors import InvalidInput, Permanent
from nightdesk.engine.sql import writing
from nightdesk.providers.publishing.registry import configured
from nightdesk.providers.webhooks.sending import check_reach
from nightdesk.webhooks.errors import EndpointNotFound
from nightdesk.webhooks.models import WebhookDelivery, WebhookEndpoint
from nightdesk.webhooks.services.secrets import choose_secret, open_secrets, seal_secrets

#: More than these are a program that makes one for each run; every event goes to all of them.
MOST_ENDPOINTS: Final = 50
#: For so long a replaced secret signs along, so that a receiver can be given the new one without a gap.
OLD_SECRET_KEPT: Final = timedelta(hours=24)


def endpoints_shown() -> QuerySet[WebhookEndpoint]:
    """Give the endpoints that people made, by id."""
    return WebhookEndpoint.objects.filter(job_id=None).order_by("pk")


def find_endpoint(*, endpoint_id: int) -> WebhookEndpoint:
    """Return an endpoint.

    Raises:
        EndpointNotFound: there is none.
    """
    found = endpoints_shown().filter(pk=endpoint_id).first()
    if found is None:
        raise EndpointNotFound
    return found


def create_endpoint(
    *, url: str, name: str = "", events: Sequence[str] = (), secret: str = "", user_id: int | None
) -> tuple[WebhookEndpoint, str]:
    """Keep an endpoint; return it with its secret, which is nowhere else in the clear. "" makes one.

    Raises:
        InvalidInput: the address is none or private, the secret is none, or there are too many endpoints.
    """
    address = check_url(url, field="url")
    chosen = choose_secret(secret, field="secret")
    with writing():
        if endpoints_shown().count() >= MOST_ENDPOINTS:
            raise InvalidInput(details={"url": [f"There are {MOST_ENDPOINTS} webhooks already. Delete one first."]})
        made = WebhookEndpoint.objects.create(
            name=name, url=address, events=sorted(set(events)), sealed=seal_secrets([chosen]), created_by_id=user_id
        )
    return made, chosen


def change_endpoint(*, endpoint_id: int, changes: Mapping[str, Any]) -> WebhookEndpoint:
    """Change name, url, events or is_active. Switching it on forgets why it was off.

    Raises:
        EndpointNotFound. InvalidInput: the address is none or private.
    """
    wanted = dict(changes)
    if "url" in wanted:
        wanted["url"] = check_url(wanted["url"], field="url")
    if "events" in wanted:
        wanted["events"] = sorted(set(wanted["events"]))
    if wanted.get("is_active"):
        wanted["disabled_reason"] = ""
    with writing():
        if not endpoints_shown().filter(pk=endpoint_id).update(**wanted):
            raise EndpointNotFound
        return find_endpoint(endpoint_id=endpoint_id)


def renew_secret(*, endpoint_id: int, secret: str = "") -> tuple[WebhookEndpoint, str]:
    """Give an endpoint another secret and return it, once. For a day deliveries are signed with the old one, too.

    Raises:
        EndpointNotFound. InvalidInput: the secret is none.
    """
    chosen = choose_secret(secret, field="secret")
    with writing():
        found = endpoints_shown().select_for_update().filter(pk=endpoint_id).first()
        if found is None:
            raise EndpointNotFound
        old = [one for one in open_secrets(found.sealed)[:1] if one != chosen]
        found.sealed = seal_secrets([chosen, *old])
        found.old_secret_until = timezone.now() + OLD_SECRET_KEPT if old else None
        found.save(update_fields=["sealed", "old_secret_until"])
    return found, chosen


def delete_endpoint(*, endpoint_id: int) -> None:
    """Forget an endpoint and its deliveries; what is on its way is not sent any more.

    Raises:
        EndpointNotFound: there is none.
    """
    with writing():
        if not endpoints_shown().filter(pk=endpoint_id).delete()[0]:
            raise EndpointNotFound


def deliveries_of(*, endpoint_id: int) -> QuerySet[WebhookDelivery]:
    """Give the deliveries of an endpoint, newest first.

    Raises:
        EndpointNotFound: there is none.
    """
    return find_endpoint(endpoint_id=endpoint_id).deliveries.order_by("-pk")


def check_url(url: str, *, field: str) -> str:
    """Return an address trimmed, if we may send to it. Looks its name up: not inside a transaction.

    Raises:
        InvalidInput: it is none, or leads into a private network that the operator does not list.
    """
    try:
        check_reach(url, options=configured())
    except Permanent as error:
        raise InvalidInput(details={field: [error.public_message]}) from None
    return url.strip()
