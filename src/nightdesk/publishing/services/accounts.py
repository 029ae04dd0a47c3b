"""Accounts on platforms: connected, changed, opened, disconnected. Credentials are sealed and never shown again."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.core.errors import InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.engine import sql
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.sealing import seal, unseal
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Field, Platform
from nightdesk.publishing.errors import AccountNotFound
from nightdesk.publishing.jobs import CheckAccount
from nightdesk.publishing.models import Health, PlatformAccount
from nightdesk.publishing.models.accounts import MAX_NAME_CHARS
from nightdesk.publishing.services.platforms import find_platform

JOURNAL_NAME: Final = "Journal"
_DISCONNECTED: Final = "This account is disconnected. Connect it again, or choose another one."


def accounts_shown() -> QuerySet[PlatformAccount]:
    """Give the accounts that are connected, by platform and name."""
    return PlatformAccount.objects.filter(disconnected_at=None).order_by("platform", "name", "pk")


def find_account(*, account_id: int) -> PlatformAccount:
    """Return a connected account.

    Raises:
        AccountNotFound: there is none, or it is disconnected.
    """
    account = accounts_shown().filter(pk=account_id).first()
    if account is None:
        raise AccountNotFound
    return account


def journal_account() -> PlatformAccount:
    """Return the account of this installation's own journal; the first call makes it."""
    made, _ = PlatformAccount.objects.get_or_create(
        platform=Platform.JOURNAL,
        disconnected_at=None,
        defaults={"name": JOURNAL_NAME, "health": Health.OK, "handle": JOURNAL_NAME, "checked_at": timezone.now()},
    )
    return made


def connect_account(
    *,
    platform: str,
    name: str,
    credentials: Mapping[str, str],
    options: Mapping[str, str] | None = None,
    user_id: int | None,
) -> PlatformAccount:
    """Keep an account with its credentials, sealed, and ask for its first check.

    Raises:
        InvalidInput: with details by field.
    """
    info = find_platform(platform).info
    if platform == Platform.JOURNAL:
        raise InvalidInput(details={"platform": ["The journal is there already. Publish to it, nothing to connect."]})
    given = _check_credentials(info.credentials, credentials)
    chosen = check_options(info.options, options or {})
    account = PlatformAccount(
        platform=platform,
        name=_check_name(name) or info.title,
        sealed=seal(json.dumps(given)),
        options=chosen,
        connected_by_id=user_id,
    )
    with sql.writing():
        account.save(force_insert=True)
        ask_for_check(account=account, user_id=user_id)
    return account


def change_account(
    *, account_id: int, name: str | None = None, options: Mapping[str, str] | None = None
) -> PlatformAccount:
    """Give an account another name, or other defaults.

    Raises:
        AccountNotFound. InvalidInput: with details by field.
    """
    account = find_account(account_id=account_id)
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = _check_name(name) or account.name
    if options is not None:
        changes["options"] = check_options(find_platform(account.platform).info.options, options)
    if changes:
        accounts_shown().filter(pk=account_id).update(**changes)
    return find_account(account_id=account_id)


def reconnect_account(*, account_id: int, credentials: Mapping[str, str], user_id: int | None) -> PlatformAccount:
    """Give an account new credentials, and ask for a check. Those left out stay as they are.

    Raises:
        AccountNotFound. InvalidInput: with details by field.
    """
    account = find_account(account_id=account_id)
    kept = json.loads(unseal(account.sealed)) if account.sealed else {}
    given = {**kept, **{field: value for field, value in credentials.items() if value}}
    checked = _check_credentials(find_platform(account.platform).info.credentials, given)
    account.sealed = seal(json.dumps(checked))
    account.health, account.health_detail = Health.UNCHECKED, ""
    with sql.writing():
        account.save(update_fields=["sealed", "health", "health_detail"])
        ask_for_check(account=account, user_id=user_id)
    return account


def ask_for_check(*, account: PlatformAccount, user_id: int | None) -> None:
    """Ask for a check of an account; while one waits it is not asked for twice."""
    account.check_task_id = enqueue(
        CheckAccount(account_id=account.pk),
        owner_id=user_id,
        subject=f"account:{account.pk}",
        unique_key=f"check-account:{account.pk}",
        job_id=new_job_id(),
    )
    PlatformAccount.objects.filter(pk=account.pk).update(check_task_id=account.check_task_id)


def disconnect_account(*, account_id: int) -> None:
    """Forget an account's credentials for good; what was published with it stays in the history. Safe to repeat.

    Raises:
        AccountNotFound: there is none. InvalidInput: it is the journal.
    """
    account = PlatformAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise AccountNotFound
    if account.platform == Platform.JOURNAL:
        raise InvalidInput("The journal belongs to this installation and cannot be disconnected.")
    PlatformAccount.objects.filter(pk=account_id, disconnected_at=None).update(
        disconnected_at=timezone.now(), sealed="", learned={}, health=Health.RECONNECT, health_detail=_DISCONNECTED
    )


def open_connection(*, account: PlatformAccount) -> Connection:
    """Return an account with what opens it, for its adapter.

    Raises:
        AccountRefused: it is disconnected. Misconfigured: the key that sealed it is gone.
    """
    if account.disconnected_at is not None:
        raise AccountRefused(_DISCONNECTED)
    credentials = json.loads(unseal(account.sealed)) if account.sealed else {}
    return Connection(account_id=account.pk, credentials=credentials, learned=account.learned, options=account.options)


def note_refused(*, account_id: int, detail: str) -> None:
    """Mark an account whose credentials do not work: nothing is sent with it before somebody reconnects it."""
    PlatformAccount.objects.filter(pk=account_id).exclude(platform=Platform.JOURNAL).update(
        health=Health.RECONNECT, health_detail=detail[:500], checked_at=timezone.now()
    )


def check_options(known: tuple[Field, ...], given: Mapping[str, str]) -> dict[str, str]:
    """Return the options of a post or an account that a platform knows, checked.

    Raises:
        InvalidInput: with details by option.
    """
    fields = {one.name: one for one in known}
    details: dict[str, list[str]] = {}
    for name, value in given.items():
        if name not in fields:
            details[f"options.{name}"] = ["This platform has no such option."]
        elif complaint := _complain(fields[name], str(value)):
            details[f"options.{name}"] = [complaint]
    if details:
        raise InvalidInput(details=details)
    return {name: str(value) for name, value in given.items() if str(value)}


def _check_credentials(known: tuple[Field, ...], given: Mapping[str, str]) -> dict[str, str]:
    details: dict[str, list[str]] = {}
    names = {one.name for one in known}
    for name in given.keys() - names:
        details[f"credentials.{name}"] = ["This platform has no such field."]
    read: dict[str, str] = {}
    for one in known:
        value = str(given.get(one.name, "")).strip() or one.default
        complaint = _complain(one, value) or ("This is required." if one.is_required and not value else "")
        if complaint:
            details[f"credentials.{one.name}"] = [complaint]
        elif value:
            read[one.name] = value
    if details:
        raise InvalidInput(details=details)
    return read


def _complain(one: Field, value: str) -> str:
    if len(value) > one.most_chars:
        return f"This must have at most {one.most_chars} characters."
    if one.choices and value and value not in {choice for choice, _ in one.choices}:
        return f"Choose one of: {', '.join(choice for choice, _ in one.choices)}."
    if one.kind == "url" and value and not value.startswith(("https://", "http://")):
        return "This must be an address like https://example.com."
    return ""


def _check_name(name: str) -> str:
    plain = " ".join(name.split())
    if len(plain) > MAX_NAME_CHARS:
        raise InvalidInput(details={"name": [f"This must have at most {MAX_NAME_CHARS} characters."]})
    return plain
