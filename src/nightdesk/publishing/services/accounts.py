"""Accounts on platforms: connected, changed, opened, disconnected. Credentials are sealed and never shown again."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.core.errors import InvalidInput, Misconfigured
from nightdesk.core.redaction import clean_text
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.sealing import seal, unseal
from nightdesk.engine.sql import writing
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Platform, PlatformInfo
from nightdesk.providers.webhooks.signing import make_secret
from nightdesk.publishing.errors import AccountNotFound, JournalStays
from nightdesk.publishing.jobs import CheckAccount
from nightdesk.publishing.models import Health, PlatformAccount
from nightdesk.publishing.models.accounts import MAX_NAME_CHARS
from nightdesk.publishing.services.platforms import check_credentials, check_options, find_platform

JOURNAL_NAME: Final = "Journal"
DISCONNECTED: Final = "This account is disconnected. Connect it again, or choose another one."


def accounts_shown() -> QuerySet[PlatformAccount]:
    """Give the accounts that posts can go to, by platform and name; the journal is always among them."""
    journal_account()
    return _connected().order_by("platform", "name", "pk")


def _connected() -> QuerySet[PlatformAccount]:
    return PlatformAccount.objects.filter(disconnected_at=None)


def find_account(*, account_id: int) -> PlatformAccount:
    """Return a connected account.

    Raises:
        AccountNotFound: there is none, or it is disconnected.
    """
    account = _connected().filter(pk=account_id).first()
    if account is None:
        raise AccountNotFound
    return account


def journal_account() -> PlatformAccount:
    """Return the account of this installation's own journal; whoever asks first makes it."""
    journals = _connected().filter(platform=Platform.JOURNAL)
    found = journals.first()
    if found is None:
        found = PlatformAccount(platform=Platform.JOURNAL, name=JOURNAL_NAME, health=Health.OK, handle=JOURNAL_NAME)
        try:
            with writing():
                found.save(force_insert=True)
        except IntegrityError:  # somebody else was first
            return journals.get()
    return found


def connect_account(
    *,
    platform: str,
    name: str,
    credentials: Mapping[str, str],
    options: Mapping[str, str] | None = None,
    user_id: int | None,
) -> PlatformAccount:
    """Keep an account with its credentials, sealed, and ask for its first check (`check_task_id`).

    Without a name it is called like its platform. A secret that we make ourselves, see `make_credentials`, is made.

    Raises:
        InvalidInput: with details by field, which never repeat a credential.
    """
    info = find_platform(platform).info
    if info.platform is Platform.JOURNAL:
        raise InvalidInput(details={"platform": ["The journal needs no connecting. Publish to it as it is."]})
    given = {**make_credentials(platform=platform, credentials=credentials), **_filled(credentials)}
    account = PlatformAccount(
        platform=info.platform, name=_check_name(name) or info.title, health=Health.UNCHECKED, connected_by_id=user_id
    )
    account.options = _check_options(info, options or {})
    account.sealed = _seal(info, given)
    with writing():
        account.save(force_insert=True)
        ask_for_check(account=account, user_id=user_id)
    return account


def make_credentials(*, platform: str, credentials: Mapping[str, str]) -> dict[str, str]:
    """Return the credentials that we make because they were left empty: the secret that signs a webhook.

    Whoever connects the account hands them on to `connect_account` and shows them, once: they cannot be read again.
    """
    if platform != Platform.WEBHOOK or _filled(credentials).get("secret"):
        return {}
    return {"secret": make_secret()}


def change_account(
    *, account_id: int, name: str | None = None, options: Mapping[str, str] | None = None
) -> PlatformAccount:
    """Give an account another name, or other options for all posts; None: they stay.

    Raises:
        AccountNotFound. InvalidInput: with details by field.
    """
    account = find_account(account_id=account_id)
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = _check_name(name) or account.name
    if options is not None:
        changes["options"] = _check_options(find_platform(account.platform).info, options)
    with writing():
        if changes and not _connected().filter(pk=account_id).update(**changes):
            raise AccountNotFound
        return find_account(account_id=account_id)


def reconnect_account(
    *, account_id: int, credentials: Mapping[str, str], user_id: int | None = None
) -> PlatformAccount:
    """Give an account new credentials and ask for a check of them.

    What is left out or empty stays as it is. Where anything but a secret changes, as the server, the secrets have to be
    given again: a key must not be sent to a place that it was not given for.

    Raises:
        AccountNotFound. InvalidInput: with details by field. JournalStays: it has none.
    """
    account = find_account(account_id=account_id)
    if account.platform == Platform.JOURNAL:
        raise JournalStays("The journal has no credentials. There is nothing to change.")
    info = find_platform(account.platform).info
    kept, given = _unseal_if_possible(account), _filled(credentials)
    _refuse_old_secrets(info, kept, given)
    sealed = _seal(info, {**kept, **given})
    with writing():
        mended = {"sealed": sealed, "health": Health.UNCHECKED, "health_detail": "", "expires_at": None}
        if not _connected().filter(pk=account_id).update(**mended):
            raise AccountNotFound
        account = find_account(account_id=account_id)
        ask_for_check(account=account, user_id=user_id)
    return account


def _refuse_old_secrets(info: PlatformInfo, kept: Mapping[str, str], given: Mapping[str, str]) -> None:
    fields = {field.name: field for field in info.credentials}
    moved = [
        name
        for name, value in given.items()
        if name in fields and fields[name].kind != "secret" and value != kept.get(name)
    ]
    # One that is not required is our own: it signs what is sent, and is not sent itself.
    sent = [field.name for field in info.credentials if field.kind == "secret" and field.is_required]
    missing = [name for name in sent if kept.get(name) and name not in given]
    if moved and missing:
        said = f"{fields[moved[0]].title} changes, so this has to be given again."
        raise InvalidInput(details={f"credentials.{name}": [said] for name in missing})


def ask_for_check(*, account: PlatformAccount, user_id: int | None) -> UUID:
    """Ask for a check of an account's credentials as they are and return its job; while one waits there is no second one."""
    digest = hashlib.sha256(account.sealed.encode()).hexdigest()[:16]
    task_id = account.check_task_id = enqueue(
        CheckAccount(account_id=account.pk),
        owner_id=user_id,
        subject=f"account:{account.pk}",
        unique_key=f"account:{account.pk}:{digest}",
    )
    PlatformAccount.objects.filter(pk=account.pk).update(check_task_id=task_id)
    return task_id


def disconnect_account(*, account_id: int) -> None:
    """Forget an account's credentials for good and offer it no more; the history of what went there stays.

    Raises:
        AccountNotFound: there is none, or it is disconnected already. JournalStays.
    """
    if find_account(account_id=account_id).platform == Platform.JOURNAL:
        raise JournalStays
    forgotten = {"sealed": "", "learned": {}, "health": Health.RECONNECT, "health_detail": DISCONNECTED}
    if not _connected().filter(pk=account_id).update(**forgotten, expires_at=None, disconnected_at=timezone.now()):
        raise AccountNotFound


def open_connection(*, account: PlatformAccount) -> Connection:
    """Return an account with what opens it, for its adapter.

    Raises:
        AccountRefused: it is disconnected. Misconfigured: the key that sealed it is not among the settings.
    """
    if account.disconnected_at is not None:
        raise AccountRefused(DISCONNECTED)
    return _connect(account, _unseal(account))


def describe_connection(*, account: PlatformAccount) -> Connection:
    """Return an account without its secrets: enough to render a post.

    Raises:
        Misconfigured: the key that sealed it is not among the settings.
    """
    secret = {field.name for field in find_platform(account.platform).info.credentials if field.kind == "secret"}
    return _connect(account, {name: value for name, value in _unseal(account).items() if name not in secret})


def note_refused(*, account_id: int, detail: str, used: Connection | None = None) -> None:
    """Say that a platform did not accept an account's credentials: nothing is sent there before a person mends it.

    `used`: what it was opened with; where it was reconnected since, nothing is said.
    """
    account = PlatformAccount.objects.filter(pk=account_id).first()
    if account is None or (used is not None and _unseal(account) != dict(used.credentials)):
        return
    # The same sealed text, to the letter: what another person pasted meanwhile is not judged by this.
    _connected().filter(pk=account_id, sealed=account.sealed).exclude(platform=Platform.JOURNAL).update(
        health=Health.RECONNECT, health_detail=clean_text(detail)[:500], checked_at=timezone.now()
    )


def _connect(account: PlatformAccount, credentials: Mapping[str, str]) -> Connection:
    return Connection(account_id=account.pk, credentials=credentials, learned=account.learned, options=account.options)


def _unseal(account: PlatformAccount) -> dict[str, str]:
    try:
        return dict(json.loads(unseal(account.sealed))) if account.sealed else {}
    except Misconfigured as lost:
        raise Misconfigured(
            f"The credentials of {account} were sealed with a key that is not among {lost.setting}. Add that key again, "
            "or reconnect the account.",
            setting=lost.setting,
        ) from None


def _unseal_if_possible(account: PlatformAccount) -> dict[str, str]:
    """Return what there was; nothing where its key is lost, so that all of it has to be given again."""
    try:
        return _unseal(account)
    except Misconfigured:
        return {}


def _seal(info: PlatformInfo, given: Mapping[str, str]) -> str:
    kept, wrong = check_credentials(info, given)
    if wrong:
        raise InvalidInput(details={f"credentials.{name}": said for name, said in wrong.items()})
    return seal(json.dumps(kept))


def _filled(credentials: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in credentials.items() if str(value).strip()}


def _check_options(info: PlatformInfo, given: Mapping[str, str]) -> dict[str, str]:
    kept, wrong = check_options(info, given)
    if wrong:
        raise InvalidInput(details={f"options.{name}": said for name, said in wrong.items()})
    return kept


def _check_name(name: str) -> str:
    plain = " ".join(clean_text(name).split())
    if len(plain) > MAX_NAME_CHARS:
        raise InvalidInput(details={"name": [f"This must have at most {MAX_NAME_CHARS} characters."]})
    return plain
