"""Checks of accounts: on saving, on demand and every day."""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from nightdesk.core.errors import OperationalFault, Permanent, Transient
from nightdesk.engine.run import Run
from nightdesk.providers.publishing.protocol import AccountRefused, Standing
from nightdesk.publishing.models import Health, PlatformAccount
from nightdesk.publishing.services.accounts import accounts_shown, ask_for_check, find_account, open_connection
from nightdesk.publishing.services.desks import RunDesk
from nightdesk.publishing.services.platforms import find_platform

#: How long before its end an account is shown as expiring.
EXPIRING: Final = timedelta(days=14)


def check_account(*, account_id: int, run: Run) -> dict[str, Any]:
    """Ask a platform how an account stands, and keep what it says; answer with its health.

    What the platform refuses is an answer, too. A network that fails says nothing of the account: an account that worked
    is shown as in trouble, one that has to be reconnected stays so.

    Raises:
        AccountNotFound. Transient: it could not be asked; the job tries again.
    """
    account = find_account(account_id=account_id)
    sealed = account.sealed
    try:
        standing = find_platform(account.platform).check(open_connection(account=account), RunDesk(run))
    except AccountRefused as refused:
        changes: dict[str, Any] = {"health": Health.RECONNECT, "health_detail": refused.public_message[:500]}
    except Transient as fault:
        _note_trouble(account, fault)
        raise
    except Permanent as fault:
        changes = {"health": Health.RECONNECT, "health_detail": fault.public_message[:500]}
    else:
        changes = _describe(standing)
    # Only where the credentials are still the ones that were checked.
    accounts_shown().filter(pk=account_id, sealed=sealed).update(**changes, checked_at=timezone.now())
    account.refresh_from_db()
    return {"account_id": account.pk, "health": account.health, "handle": account.handle}


def check_all_accounts() -> int:
    """Ask for a check of every account that has credentials; return of how many."""
    accounts = [account for account in accounts_shown() if account.sealed]
    for account in accounts:
        ask_for_check(account=account, user_id=None)
    return len(accounts)


def _note_trouble(account: PlatformAccount, fault: OperationalFault) -> None:
    working = (Health.OK, Health.EXPIRING, Health.UNCHECKED, Health.TROUBLE)
    accounts_shown().filter(pk=account.pk, sealed=account.sealed, health__in=working).update(
        health=Health.TROUBLE, health_detail=fault.public_message[:500]
    )


def _describe(standing: Standing) -> dict[str, Any]:
    ends_at = standing.expires_at
    expiring = ends_at is not None and ends_at <= timezone.now() + EXPIRING
    detail = " ".join(standing.warnings)
    if expiring and ends_at is not None:
        detail = f"Its access ends on {ends_at:%d %B %Y}. Reconnect it before that. {detail}".strip()
    return {
        "health": Health.EXPIRING if expiring else Health.OK,
        "health_detail": detail[:500],
        "handle": standing.handle[:200],
        "url": standing.url[:1_000],
        "expires_at": ends_at,
        "learned": dict(standing.learned),
    }
