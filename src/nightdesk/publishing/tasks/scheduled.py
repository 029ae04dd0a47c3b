"""Who looks every five minutes whether something was missed."""

from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.publishing import services
from nightdesk.publishing.jobs import PublishScheduledContent


@handles(PublishScheduledContent)
def publish_scheduled_content(job: PublishScheduledContent, run: Run) -> dict[str, int]:  # noqa: ARG001
    """Mend publishings whose job is gone, end rounds, and take away posts whose time is over."""
    return services.mend_scheduled()
