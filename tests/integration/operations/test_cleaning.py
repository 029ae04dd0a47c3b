"""Cleaning up: what is over its time goes, and a dry run says beforehand how much."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models import Model
from django.utils import timezone

from nightdesk.accounts.models import SignInLink, User
from nightdesk.accounts.services import create_user
from nightdesk.activity.models import Activity
from nightdesk.activity.services import record
from nightdesk.core.errors import Transient
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.interrupts import Cancelled
from nightdesk.engine.queries import result_of
from nightdesk.engine.testing import run_job
from nightdesk.httpkit.models import Bucket, IdempotentAnswer
from nightdesk.images.models import Asset, AssetState, Origin
from nightdesk.mail.models import BulkMail, Category, MailBody, OutboxMail
from nightdesk.mail.services import write_mail
from nightdesk.operations.jobs import CleanupExpiredContent
from nightdesk.operations.models import HealthCheck
from nightdesk.operations.services import clean_up
from nightdesk.operations.services.cleaning import DUTIES
from nightdesk.operations.services.cleaning.rows import remove_rows
from nightdesk.webhooks.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=500)


def nothing() -> None:
    """Let it go on."""


def silent(_percent: int, _message: str) -> None:
    """Say nothing."""


def add_mail(at: datetime, state: str = "sent", *, bulk: BulkMail | None = None) -> OutboxMail:
    mail = OutboxMail.objects.create(
        dedupe_key=uuid.uuid4().hex,
        category="bulk" if bulk else "notice",
        template="notification",
        subject="Good evening",
        recipient="a@example.org",
        state=state,
        created_at=at,
        bulk=bulk,
    )
    MailBody.objects.create(mail=mail, raw=b"made up", sha256="0" * 64)
    return mail


def add_mailing(at: datetime, *states: str) -> None:
    bulk = BulkMail.objects.create(
        subject="News", template="newsletter", sealed_context="", task_id=uuid.uuid4(), created_at=at
    )
    for state in states:
        add_mail(at, state, bulk=bulk)


def add_everything(at: datetime, user: User) -> None:
    """Put down one of each kind, as old as `at` says."""
    record(action="sign_in", source="page")
    Activity.objects.filter(at__gt=at).update(at=at)
    entry = LogEntry.objects.create(user=user, action_flag=CHANGE, object_repr="x")
    LogEntry.objects.filter(pk=entry.pk).update(action_time=at)
    HealthCheck.objects.create(at=at, verdict="ok", parts={})
    Session.objects.create(session_key=uuid.uuid4().hex, session_data="", expire_date=at)
    SignInLink.objects.create(user=user, hash=uuid.uuid4().hex, expires_at=at)
    IdempotentAnswer.objects.create(scope=uuid.uuid4().hex, actor="a", method="POST", path="/", created_at=at)
    Bucket.objects.create(key=uuid.uuid4().hex, full_at=at.timestamp())
    Asset.objects.create(origin=Origin.MADE, state=AssetState.READY, expires_at=at)
    hook = WebhookEndpoint.objects.create(job_id=uuid.uuid4(), url="https://example.org", told_at=at, created_at=at)
    WebhookDelivery.objects.create(
        endpoint=hook, event="job.ended", webhook_id=uuid.uuid4().hex, body="{}", state="delivered", created_at=at
    )


@pytest.fixture
def user(db: None) -> User:
    return create_user(email="ada@example.org")


#: What `add_everything` puts down, as the clean-up counts it.
ONE_OF_EACH = {
    "activities": 1,
    "admin_entries": 1,
    "health_checks": 1,
    "sessions": 1,
    "sign_in_links": 1,
    "idempotent_answers": 1,
    "shares_of_requests": 1,
    "images_expired_assets": 1,
    "webhooks_removed_deliveries": 1,
    "webhooks_removed_listeners": 1,
}


def counted(removed: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in removed.items() if count}


def test_dry_run_counts_what_the_run_then_removes_and_changes_nothing(user: User) -> None:
    add_everything(LONG_AGO, user)
    add_mail(LONG_AGO)
    add_mailing(LONG_AGO, "sent", "failed")
    before = [list(model._default_manager.order_by("pk").values()) for model in _models()]

    dry = run_job(enqueue(CleanupExpiredContent(dry_run=True)))
    after_dry = [list(model._default_manager.order_by("pk").values()) for model in _models()]
    real = run_job(enqueue(CleanupExpiredContent()))
    again = run_job(enqueue(CleanupExpiredContent()))

    assert after_dry == before
    assert counted(result_of(dry)["removed"]) == {**ONE_OF_EACH, "mails": 3, "mailings": 1}
    assert result_of(real)["removed"] == result_of(dry)["removed"]
    assert (result_of(dry)["message"], result_of(real)["message"]) == ("14 would be removed.", "14 removed.")
    assert (counted(result_of(again)["removed"]), result_of(again)["success"]) == ({}, True)
    assert not MailBody.objects.exists()


def _models() -> list[type[Model]]:
    gone = [Activity, LogEntry, HealthCheck, Session, SignInLink, IdempotentAnswer, Bucket, OutboxMail, BulkMail]
    return [*gone, MailBody, Asset, WebhookEndpoint, WebhookDelivery]


def test_what_is_young_stays(user: User) -> None:
    add_everything(timezone.now() + timedelta(minutes=1), user)
    add_mail(timezone.now() - timedelta(days=89))

    assert counted(clean_up(check=nothing, progress=silent).removed) == {}


def test_mail_that_waits_for_a_person_stays_however_old(db: None) -> None:
    add_mail(LONG_AGO, "unknown")
    add_mailing(LONG_AGO, "sent", "unknown")

    removed = counted(clean_up(check=nothing, progress=silent).removed)

    assert removed == {"mails": 1}
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {"unknown"}
    assert BulkMail.objects.count() == 1


@pytest.mark.parametrize(("state", "closed"), [("queued", "failed"), ("sending", "failed")])
def test_mail_that_no_job_sends_any_more_is_closed_and_removed_by_the_next_round(
    db: None, state: str, closed: str
) -> None:
    add_mail(LONG_AGO, state)
    expected = {"mails_closed": 1}

    assert counted(clean_up(check=nothing, progress=silent, dry_run=True).removed) == expected
    assert counted(clean_up(check=nothing, progress=silent).removed) == expected
    assert OutboxMail.objects.get().state == closed
    assert counted(clean_up(check=nothing, progress=silent).removed) == {"mails": 1}


def test_mail_whose_job_waits_stays_as_it_is(db: None) -> None:
    mail = write_mail(
        dedupe_key="k",
        category=Category.NOTICE,
        template="test_template",
        recipient="a@example.org",
        subject="Good evening",
        context={},
    )
    OutboxMail.objects.filter(pk=mail.pk).update(created_at=LONG_AGO)

    assert counted(clean_up(check=nothing, progress=silent).removed) == {}
    assert OutboxMail.objects.get().state == "queued"


def test_old_mail_that_was_sent_lately_stays(db: None) -> None:
    mail = add_mail(LONG_AGO)
    OutboxMail.objects.filter(pk=mail.pk).update(sent_at=timezone.now())

    assert counted(clean_up(check=nothing, progress=silent).removed) == {}


def test_cancelled_clean_up_keeps_what_it_has_done_and_stops(db: None) -> None:
    for _ in range(5):
        HealthCheck.objects.create(at=LONG_AGO, verdict="ok", parts={})
    looks = iter(range(2))

    def check() -> None:
        if next(looks, None) is None:
            raise Cancelled

    with pytest.raises(Cancelled):
        remove_rows(HealthCheck.objects.all(), check=check, dry_run=False, batch=2)

    assert HealthCheck.objects.count() == 1


def test_duty_that_fails_keeps_no_other_from_being_done(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_check: Callable[[], None], _dry_run: bool) -> dict[str, Any]:
        raise DatabaseError("locked")

    monkeypatch.setitem(DUTIES, "pictures", fail)
    HealthCheck.objects.create(at=LONG_AGO, verdict="ok", parts={})

    with pytest.raises(Transient, match="pictures"):
        clean_up(check=nothing, progress=silent)

    assert not HealthCheck.objects.exists()
