"""Who does the jobs of publishing."""

from nightdesk.publishing.tasks.accounts import check_account_task, check_accounts_task
from nightdesk.publishing.tasks.publishing import conclude_round, publish_post, unpublish_post
from nightdesk.publishing.tasks.scheduled import publish_scheduled_content

__all__ = [
    "check_account_task",
    "check_accounts_task",
    "conclude_round",
    "publish_post",
    "publish_scheduled_content",
    "unpublish_post",
]
