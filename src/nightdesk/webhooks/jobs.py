"""What can be asked of the background for webhooks."""

from nightdesk.engine.arguments import JobArgs


# The delays double from 30 s and stay at a day from the 12th on: a receiver has a little over three days to come back.
class DeliverWebhook(JobArgs, queue="publish", priority=4, retries=14, retry_delay_s=30.0, soft_limit_s=60.0):
    """Deliver one event to one webhook."""

    delivery_id: int


class SweepWebhooks(JobArgs, queue="maintenance", retries=1, retry_delay_s=20.0, soft_limit_s=120.0, history_days=0.5):
    """Announce jobs whose end was missed, and remove old deliveries."""
