"""What can be asked of the background to keep the installation in order."""

from nightdesk.engine.arguments import JobArgs


class SystemHealthCheck(
    JobArgs, queue="maintenance", priority=7, retries=1, retry_delay_s=20.0, soft_limit_s=60.0, history_days=7.0
):
    """Look whether everything works."""


class CleanupExpiredContent(
    JobArgs, queue="maintenance", retries=2, retry_delay_s=60.0, soft_limit_s=3_600.0, history_days=30.0
):
    """Remove what is over its time."""

    dry_run: bool = False
