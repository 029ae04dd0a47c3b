"""What can be asked of the background for posts and accounts."""

from nightdesk.engine.arguments import JobArgs


class PublishPost(JobArgs, queue="publish", retries=10, retry_delay_s=30.0, soft_limit_s=300.0):
    """Publish a post on one platform."""

    published_post_id: int


class UnpublishPost(JobArgs, queue="publish", retries=10, retry_delay_s=60.0, soft_limit_s=120.0):
    """Take a post away from one platform."""

    published_post_id: int


class ConcludeRound(JobArgs, queue="default", priority=7, retries=5, retry_delay_s=10.0, soft_limit_s=60.0):
    """Tell how a post was published."""

    round_id: int


class CheckAccount(JobArgs, queue="publish", priority=6, retries=2, retry_delay_s=15.0, soft_limit_s=60.0):
    """Check an account on a platform."""

    account_id: int


class CheckAccounts(JobArgs, queue="maintenance", retries=2, retry_delay_s=60.0, soft_limit_s=120.0, history_days=2.0):
    """Check every account on a platform."""


class PublishScheduledContent(
    JobArgs, queue="maintenance", retries=2, retry_delay_s=20.0, soft_limit_s=240.0, history_days=1.0
):
    """Publish what was missed, and take away what has expired."""
