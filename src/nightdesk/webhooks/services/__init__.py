"""What is done with webhooks."""

from nightdesk.webhooks.services.announcing import EVENTS, announce, redeliver, send_test
from nightdesk.webhooks.services.delivering import deliver, delivery_ended
from nightdesk.webhooks.services.endpoints import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    deliveries_of,
    endpoints_shown,
    find_endpoint,
    renew_secret,
)
from nightdesk.webhooks.services.listening import check_listener, job_ended, listen
from nightdesk.webhooks.services.sweeping import Swept, sweep

__all__ = [
    "EVENTS",
    "Swept",
    "announce",
    "change_endpoint",
    "check_listener",
    "create_endpoint",
    "delete_endpoint",
    "deliver",
    "deliveries_of",
    "delivery_ended",
    "endpoints_shown",
    "find_endpoint",
    "job_ended",
    "listen",
    "redeliver",
    "renew_secret",
    "send_test",
    "sweep",
]
