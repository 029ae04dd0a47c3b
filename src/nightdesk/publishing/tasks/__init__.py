"""Who does the jobs of posts and accounts."""

from nightdesk.publishing.tasks.accounts import check_account_task, check_accounts_task

__all__ = ["check_account_task", "check_accounts_task"]
