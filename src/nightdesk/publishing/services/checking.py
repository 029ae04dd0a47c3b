"""Checks of accounts: on saving, on demand and every day."""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from nightdesk.core.errors import OperationalFault, OutcomeUnknown, Permanent, Transient
from nightdesk.engine.run import Run
from nightdesk.providers.publishing.protocol import AccountRefused, Platform, Standing
from nightdesk.publishing.models import Health, PlatformAccount
from nightdesk.publishing.services.accounts import ask_for_check, find_account, open_connection
from nightdesk.publishing.services.desks import RunDesk
from nightdesk.publishing.services.platforms import find_platform

#: How long before its end an account is shown as expiring: time to ask the one colleague who can renew it.
EXPIRING: Final = timedelta(days=14)

_DETAIL_CHARS: Final = 500
#: What a check that could not ask leaves alone: only a person, or a check that could ask, mends it.
_TROUBLED: Final = (Health.UNCHECKED, Health.OK, Health.EXPIRING, Health.TROUBLE)


def check_account(*, account_id: int, run: Run) -> dict[str, Any]:
    """Ask a platform how an account stands and keep what it says; return the account's id, health and handle.

    Only what the platform says of the credentials themselves turns an account that has worked into one to reconnect. A
    network that fails, a server that answers oddly: it is in trouble, and publishing is still tried. What comes after
    somebody has changed the credentials is dropped.

    Raises:
        AccountNotFound. Transient: it could not be asked; the job tries again.
    """
    account = find_account(account_id=account_id)
    try:
        standing = find_platform(account.platform).check(open_connection(account=account), RunDesk(run))
    except AccountRefused as refused:
        _save(account, {"health": Health.RECONNECT, **_say(refused)})
    except (Transient, OutcomeUnknown) as fault:
        _note_trouble(account, fault)
        raise
    except Permanent as fault:
        if account.handle:
            _note_trouble(account, fault)
        else:  # it has never worked: what was pasted is wrong
            _save(account, {"health": Health.RECONNECT, **_say(fault)})
    else:
        _save(account, _describe(standing))
    account.refresh_from_db()
    return {"account_id": account.pk, "health": account.health, "handle": account.handle}


def check_all_accounts() -> int:
    """Ask for a check of every connected account, but for the journal; return of how many."""
    accounts = PlatformAccount.objects.filter(disconnected_at=None).exclude(platform=Platform.JOURNAL).order_by("pk")
    for account in accounts:
        ask_for_check(account=account, user_id=None)
    return len(accounts)


def _note_trouble(account: PlatformAccount, fault: OperationalFault) -> None:
    rows = PlatformAccount.objects.filter(pk=account.pk, sealed=account.sealed, disconnected_at=None)
    rows.filter(health__in=_TROUBLED).update(health=Health.TROUBLE, checked_at=timezone.now(), **_say(fault))


def _save(account: PlatformAccount, found: dict[str, Any]) -> None:
    """Keep what was found, if these are still the credentials that were checked."""
    rows = PlatformAccount.objects.filter(pk=account.pk, sealed=account.sealed, disconnected_at=None)
    rows.update(**found, checked_at=timezone.now())


def _say(fault: OperationalFault) -> dict[str, str]:
    return {"health_detail": fault.public_message[:_DETAIL_CHARS]}


def _describe(standing: Standing) -> dict[str, Any]:
    ends_at = standing.expires_at
    is_expiring = ends_at is not None and ends_at <= timezone.now() + EXPIRING
    said = [f"Its access ends on {ends_at:%d %B %Y}. Reconnect it before that."] if is_expiring else []
    return {
        "health": Health.EXPIRING if is_expiring else Health.OK,
        "health_detail": " ".join((*said, *standing.warnings))[:_DETAIL_CHARS],
        "handle": standing.handle[:200],
        "url": standing.url[:1_000],
        "expires_at": ends_at,
        "learned": dict(standing.learned),
    }
