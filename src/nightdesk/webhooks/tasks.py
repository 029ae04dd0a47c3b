"""Who delivers, and who sweeps."""

from dataclasses import asdict
from typing import Any

from nightdesk.engine.endings import JobEnd, when_any_ended, when_ended
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.webhooks import services
from nightdesk.webhooks.jobs import DeliverWebhook, SweepWebhooks


@handles(DeliverWebhook)
def deliver_webhook_task(job: DeliverWebhook, run: Run) -> dict[str, Any]:
    """Send one delivery; answer with the receiver's status."""
    return services.deliver(delivery_id=job.delivery_id, run=run)


@when_ended(DeliverWebhook)
def delivery_job_ended(end: JobEnd) -> None:
    """Tell the delivery how its job ended."""
    services.delivery_ended(end=end)


@when_any_ended
def any_job_ended(end: JobEnd) -> None:
    """Tell whoever listens to this very job."""
    services.job_ended(end=end)


@handles(SweepWebhooks)
def sweep_webhooks_task(_job: SweepWebhooks, run: Run) -> dict[str, int]:
    """Tell what was missed and remove what is old; answer with what was done."""
    return asdict(services.sweep(check=run.check_cancelled))
