"""Accounts: sealed credentials, checks, health; what is secret stays so."""

import base64
import logging
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from nightdesk.accounts.models import User
from nightdesk.core.errors import (
    InvalidInput,
    Misconfigured,
    OperationalFault,
    OutcomeUnknown,
    Permanent,
    Throttled,
    Transient,
)
from nightdesk.engine import sealing
from nightdesk.engine.models import Job
from nightdesk.engine.testing import State, assert_enqueued, drain, run_job
from nightdesk.providers.publishing.protocol import AccountRefused, Standing
from nightdesk.publishing import services
from nightdesk.publishing.errors import AccountNotFound, JournalStays
from nightdesk.publishing.jobs import CheckAccount, CheckAccounts
from nightdesk.publishing.models import Health, PlatformAccount
from nightdesk.publishing.tasks import check_accounts_task
from tests.support.platforms.double import drop_before, say, send_html
from tests.support.platforms.plain import PlainPlatform
from tests.support.platforms.wordpress import PASSWORD, USERNAME, WordPressDouble

pytestmark = pytest.mark.django_db


def check(account: PlatformAccount) -> PlatformAccount:
    """Run the check that was asked for last, to the end of its first run."""
    task_id = services.ask_for_check(account=account, user_id=None)
    run_job(task_id)
    account.refresh_from_db()
    return account


def find(plain: PlainPlatform, fault: OperationalFault) -> None:
    """Let every check end with this."""

    def fail() -> Standing:
        raise fault

    plain.on_check = fail


def test_account_is_checked_when_it_is_connected(account: PlatformAccount, site: WordPressDouble) -> None:
    assert (account.health, account.checked_at) == (Health.UNCHECKED, None)
    job = assert_enqueued(CheckAccount(account_id=account.pk))
    assert (job.pk, job.subject) == (account.check_task_id, f"account:{account.pk}")

    ended = run_job(job.pk)

    account.refresh_from_db()
    assert ended.state == State.SUCCEEDED
    assert (account.health, account.health_detail) == (Health.OK, "")
    assert account.handle != ""
    assert account.checked_at is not None
    opened = services.open_connection(account=account)
    assert (dict(opened.credentials), opened.learned) == (site.credentials, account.learned)


def test_no_row_and_no_log_line_holds_a_credential(
    site: WordPressDouble, ada: User, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "made up and 0000 wrong 0000"
    secrets = [PASSWORD, PASSWORD.replace(" ", ""), wrong]
    secrets += [base64.b64encode(f"{USERNAME}:{one}".encode()).decode() for one in secrets]

    account = services.connect_account(platform="wordpress", name="Blog", credentials=site.credentials, user_id=ada.pk)
    drain()
    for fault in (say(500, "no"), send_html, drop_before, say(403, {"code": "x"})):
        site.plan("read_user", *[fault] * 4)  # more than one way to the API is tried
        services.ask_for_check(account=account, user_id=None)
        drain()
        site.plan("read_user")
        Job.objects.filter(state=State.WAITING).update(state=State.FAILED)
    services.reconnect_account(
        account_id=account.pk, credentials={**site.credentials, "application_password": wrong}, user_id=ada.pk
    )
    drain()
    account.refresh_from_db()
    assert account.health == Health.RECONNECT
    services.note_refused(account_id=account.pk, detail=account.health_detail)
    with pytest.raises(InvalidInput) as refused:
        services.connect_account(
            platform="wordpress", name="", credentials={"application_password": PASSWORD, "pin": wrong}, user_id=None
        )

    said = [record.getMessage() for record in caplog.records] + [repr(refused.value.details), str(refused.value)]
    said += [*capfd.readouterr(), repr(services.open_connection(account=account)), *_all_rows()]
    assert [(secret, line[:200]) for line in said for secret in secrets if secret in line] == []


def _all_rows() -> list[str]:
    """Return every row of every table as text."""
    rows: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [f"{table}: {row!r}" for row in cursor.fetchall()]
    assert any(row.startswith("publishing_platformaccount: ") for row in rows)
    return rows


@pytest.mark.parametrize(
    ("credentials", "details"),
    [
        (
            {},
            {
                "credentials.application_password": "WordPress needs this. Not your own password: one made for "
                "Nightdesk, in the site under Users, Profile.",
                "credentials.server": "WordPress needs this. Where the site is, as https://blog.example.com; a folder "
                "is part of it.",
                "credentials.username": "WordPress needs this. The name you sign in with there.",
            },
        ),
        (
            {"server": "blog.example.com", "username": "x" * 501, "application_password": "a\x00", "pin": "1"},
            {
                "credentials.application_password": "This text holds a NUL character or half a character. Remove it.",
                "credentials.pin": "WordPress has no such field. Choose from: server, username, application_password.",
                "credentials.server": "This must be an address like https://example.com.",
                "credentials.username": "This must have at most 500 characters.",
            },
        ),
    ],
)
def test_credentials_that_cannot_be_are_named(db: None, credentials: dict[str, str], details: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.connect_account(platform="wordpress", name="", credentials=credentials, user_id=None)

    assert {name: said for name, (said,) in refused.value.details.items()} == details
    assert (PlatformAccount.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.parametrize("platform", ["myspace", "journal"])
def test_platform_that_cannot_be_connected_is_named(db: None, platform: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.connect_account(platform=platform, name="", credentials={}, user_id=None)
    assert list(refused.value.details) == ["platform"]


NETWORK = [Transient("Down."), Throttled("Slow down.", retry_after_s=60), OutcomeUnknown("Who knows.")]
ODD = Permanent("HTTP 404.")


@pytest.mark.parametrize("fault", [*NETWORK, ODD], ids=lambda fault: type(fault).__name__)
def test_fault_that_says_nothing_of_the_credentials_is_trouble_and_no_more(
    handle: PlatformAccount, plain: PlainPlatform, fault: OperationalFault
) -> None:
    plain.on_check = lambda: Standing(handle="@nd", learned={"most": 500})
    assert check(handle).health == Health.OK

    find(plain, fault)

    assert (check(handle).health, handle.health_detail) == (Health.TROUBLE, str(fault))
    assert (handle.handle, handle.learned) == ("@nd", {"most": 500})


@pytest.mark.parametrize("fault", NETWORK, ids=lambda fault: type(fault).__name__)
def test_network_that_fails_leaves_a_refused_account_refused(
    handle: PlatformAccount, plain: PlainPlatform, fault: OperationalFault
) -> None:
    find(plain, AccountRefused("Revoked. Reconnect it."))
    assert check(handle).health == Health.RECONNECT

    find(plain, fault)

    assert (check(handle).health, handle.health_detail) == (Health.RECONNECT, "Revoked. Reconnect it.")


def test_check_that_could_not_ask_is_tried_again(handle: PlatformAccount, plain: PlainPlatform) -> None:
    find(plain, Transient("Down."))

    check(handle)

    assert handle.check_task_id is not None
    job = Job.objects.get(pk=handle.check_task_id)
    assert (job.state, job.failures) == (State.WAITING, 1)


def test_account_that_never_worked_is_to_be_reconnected_whatever_is_wrong(
    handle: PlatformAccount, plain: PlainPlatform
) -> None:
    find(plain, ODD)

    assert (check(handle).health, handle.health_detail) == (Health.RECONNECT, "HTTP 404.")


@pytest.mark.parametrize("found", [AccountRefused("No."), Transient("Down."), ODD, Standing(handle="@old")], ids=repr)
def test_check_of_old_credentials_says_nothing_of_new_ones(
    handle: PlatformAccount, plain: PlainPlatform, found: Standing | OperationalFault
) -> None:
    def while_somebody_pastes_new_ones() -> Standing:
        services.reconnect_account(account_id=handle.pk, credentials={"token": "another-one"})
        if isinstance(found, OperationalFault):
            raise found
        return found

    opened, first = services.open_connection(account=handle), handle.check_task_id
    plain.on_check = while_somebody_pastes_new_ones

    check(handle)

    services.note_refused(account_id=handle.pk, detail="No.", used=opened)
    handle.refresh_from_db()
    assert (handle.health, handle.handle, handle.checked_at) == (Health.UNCHECKED, "", None)
    assert handle.check_task_id != first  # those that were pasted have a check of their own


def test_refusal_while_publishing_marks_the_account(handle: PlatformAccount) -> None:
    services.note_refused(
        account_id=handle.pk, detail="Revoked. Reconnect it.", used=services.open_connection(account=handle)
    )

    handle.refresh_from_db()
    assert (handle.health, handle.health_detail) == (Health.RECONNECT, "Revoked. Reconnect it.")


def test_new_credentials_keep_what_is_left_out_but_no_secret_goes_to_another_server(
    account: PlatformAccount, site: WordPressDouble
) -> None:
    check(account)
    with pytest.raises(InvalidInput) as refused:
        services.reconnect_account(account_id=account.pk, credentials={"server": "https://evil.example"})
    assert list(refused.value.details) == ["credentials.application_password"]

    services.reconnect_account(account_id=account.pk, credentials={"application_password": "fresh", "username": ""})

    account.refresh_from_db()
    assert (account.health, account.expires_at) == (Health.UNCHECKED, None)
    expected = {**site.credentials, "application_password": "fresh"}
    assert dict(services.open_connection(account=account).credentials) == expected
    shown = services.describe_connection(account=account)
    assert dict(shown.credentials) == {"server": site.root, "username": USERNAME}


def test_account_whose_key_is_lost_is_reconnected_with_all_of_its_credentials(
    handle: PlatformAccount, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    sealing._keys.cache_clear()
    try:
        with pytest.raises(
            Misconfigured, match="The credentials of Handle on mastodon were sealed with a key that is not"
        ):
            services.open_connection(account=handle)
        with pytest.raises(InvalidInput):
            services.reconnect_account(account_id=handle.pk, credentials={"server": "https://plain.example"})

        again = services.reconnect_account(account_id=handle.pk, credentials={"token": "another-one"})

        assert services.open_connection(account=again).credentials["token"] == "another-one"
    finally:
        sealing._keys.cache_clear()


def test_options_have_the_values_that_the_platform_offers(handle: PlatformAccount) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.change_account(account_id=handle.pk, options={"mood": "sad", "pinned": "maybe"})
    assert refused.value.details == {
        "options.mood": ["This must be one of calm, loud."],
        "options.pinned": ["This must be one of true, false."],
    }
    kept = services.change_account(account_id=handle.pk, options={"mood": "loud", "pinned": "true"})
    assert kept.options == {"mood": "loud", "pinned": "true"}


def test_several_wishes_for_a_check_are_one_job_until_it_ran(account: PlatformAccount) -> None:
    first = services.ask_for_check(account=account, user_id=None)
    assert services.ask_for_check(account=account, user_id=None) == first == account.check_task_id
    run_job(first)
    assert services.ask_for_check(account=account, user_id=None) != first


def test_every_connected_account_is_checked_daily(account: PlatformAccount, journal: PlatformAccount) -> None:
    gone = services.connect_account(
        platform="wordpress", name="Old", credentials=services_credentials(account), user_id=None
    )
    services.disconnect_account(account_id=gone.pk)
    Job.objects.all().delete()

    check_accounts_task.delay()
    drain()

    checks = Job.objects.filter(kind=CheckAccount.kind.name)
    assert [one.subject for one in checks] == [f"account:{account.pk}"]
    assert Job.objects.get(kind=CheckAccounts.kind.name).state == State.SUCCEEDED


def services_credentials(account: PlatformAccount) -> dict[str, str]:
    return dict(services.open_connection(account=account).credentials)


@pytest.mark.parametrize(("days", "health"), [(13.9, Health.EXPIRING), (14.1, Health.OK), (None, Health.OK)])
def test_access_that_ends_within_two_weeks_is_said(
    handle: PlatformAccount, plain: PlainPlatform, days: float | None, health: Health
) -> None:
    ends_at = None if days is None else timezone.now() + timedelta(days=days)
    plain.on_check = lambda: Standing(handle="@nd", expires_at=ends_at, warnings=("Pictures are made smaller.",))

    check(handle)

    assert (handle.health, handle.expires_at) == (health, ends_at)
    assert handle.health_detail.endswith("Pictures are made smaller.")
    assert handle.health_detail.startswith("Its access ends on ") == (health == Health.EXPIRING)


def test_disconnected_account_is_gone_but_for_its_history(account: PlatformAccount) -> None:
    services.disconnect_account(account_id=account.pk)

    account.refresh_from_db()
    assert (account.sealed, account.learned, account.disconnected_at is None) == ("", {}, False)
    with pytest.raises(AccountRefused):
        services.open_connection(account=account)
    for call in (services.find_account, services.disconnect_account):
        with pytest.raises(AccountNotFound):
            call(account_id=account.pk)
    ended = run_job(account.check_task_id)  # type: ignore[arg-type]
    assert ended.state == State.FAILED


def test_journal_is_always_there_and_stays(db: None) -> None:
    (journal,) = services.accounts_shown()

    assert (journal.platform, journal.health, services.journal_account()) == ("journal", Health.OK, journal)
    with pytest.raises(JournalStays):
        services.disconnect_account(account_id=journal.pk)
    with pytest.raises(JournalStays):
        services.reconnect_account(account_id=journal.pk, credentials={"x": "y"})
    services.note_refused(account_id=journal.pk, detail="No.")
    assert check(journal).health == Health.OK


def test_name_and_options_are_changed_without_touching_the_credentials(account: PlatformAccount) -> None:
    sealed = account.sealed

    changed = services.change_account(account_id=account.pk, name="  The  blog ", options={"category": "News"})

    assert (changed.name, changed.options, changed.sealed) == ("The blog", {"category": "News"}, sealed)
    assert services.change_account(account_id=account.pk, name=" ").name == "The blog"
    with pytest.raises(InvalidInput) as refused:
        services.change_account(account_id=account.pk, options={"mood": "calm"})
    assert list(refused.value.details) == ["options.mood"]
