"""Who checks accounts."""

from typing import Any

from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.publishing import services
from nightdesk.publishing.jobs import CheckAccount, CheckAccounts


@handles(CheckAccount)
def check_account_task(job: CheckAccount, run: Run) -> dict[str, Any]:
    """Ask a platform how an account stands; answer with its health."""
    return services.check_account(account_id=job.account_id, run=run)


@handles(CheckAccounts)
def check_accounts_task(_job: CheckAccounts, _run: Run) -> dict[str, int]:
    """Ask for a check of every account; answer with how many there are."""
    return {"accounts": services.check_all_accounts()}
