"""The kinds of things that are removed, and in which order.

What the engine prunes by itself (jobs, results, changes, workers) is not done here once more.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import DatabaseError, InterfaceError
from django.db.models import Q
from django.utils import timezone

from nightdesk.activity import services as activity
from nightdesk.core.errors import NightdeskError, Transient
from nightdesk.exports import services as exports
from nightdesk.httpkit.idempotency import KEPT_FOR
from nightdesk.httpkit.models import Bucket, IdempotentAnswer
from nightdesk.images import services as images
from nightdesk.mail.models import BulkMail, MailState, OutboxMail
from nightdesk.mail.services import close_strays
from nightdesk.operations.models import HealthCheck
from nightdesk.operations.services.cleaning.rows import Check, remove_rows
from nightdesk.webhooks import services as webhooks

#: name -> how many
Counts = dict[str, int]
Duty = Callable[[Check, bool], Counts]

#: A mail whose end nobody knows waits for a person, however long.
_ENDED: Final = (MailState.SENT, MailState.KEPT, MailState.FAILED, MailState.SKIPPED, MailState.CANCELLED)
#: Whoever opens an old sign-in link is told that it is too old, for so long.
_LINK_KEPT: Final = timedelta(days=1)
#: A mail that is under way although no job is any more may just have been asked for by a direct call.
_STRAY_DAYS: Final = 1

logger: Final = structlog.get_logger("nightdesk.operations")


@dataclass(slots=True)
class Cleaned:
    """What was removed, or would be: kind -> how many; `failed`: duties that could not be done now."""

    removed: Counts = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How much it is altogether."""
        return sum(self.removed.values())


def clean_up(*, check: Check, progress: Callable[[int, str], None], dry_run: bool = False) -> Cleaned:
    """Remove everything that is over its time; a dry run counts the same and changes nothing.

    One duty that fails keeps none of the others from being done. `check` and `progress` may raise to stop it all; what
    was removed by then stays removed. Safe to repeat, and for several at once.

    Raises:
        Transient: some duties failed; their names are in the message, the others are done.
    """
    cleaned = Cleaned()
    for number, (title, duty) in enumerate(DUTIES.items()):
        progress(100 * number // len(DUTIES), f"{'Counting' if dry_run else 'Cleaning up'}: {title}")
        try:
            cleaned.removed |= duty(check, dry_run)
        except (NightdeskError, DatabaseError, InterfaceError, OSError) as error:
            logger.warning("cleaning.failed", duty=title, error=type(error).__name__, exc_info=True)
            cleaned.failed.append(title)
    if cleaned.failed:
        raise Transient(f"Not everything could be cleaned up: {', '.join(cleaned.failed)}. It is tried again.")
    return cleaned


def _clean_activity(check: Check, dry_run: bool) -> Counts:
    before = _days_ago(settings.ACTIVITY_DAYS)
    old = LogEntry.objects.filter(action_time__lt=before)
    return {
        "activities": activity.sweep_activity(before=before, check=check, dry_run=dry_run),
        "admin_entries": remove_rows(old, check=check, dry_run=dry_run),
    }


def _clean_mails(check: Check, dry_run: bool) -> Counts:
    before = _days_ago(settings.MAIL_DAYS)
    over = Q(sent_at=None) | Q(sent_at__lt=before)
    mails = OutboxMail.objects.filter(over, state__in=_ENDED, created_at__lt=before)
    # A mailing goes with its last mail; in a dry run its mails are still there, so they are asked.
    staying = OutboxMail.objects.exclude(pk__in=mails.values("pk")).filter(bulk__isnull=False)
    mailings = BulkMail.objects.filter(created_at__lt=before).exclude(pk__in=staying.values("bulk_id"))
    count = remove_rows(mailings, check=check, dry_run=True) if dry_run else 0
    removed = remove_rows(mails, check=check, dry_run=dry_run)
    mailings_removed = count if dry_run else remove_rows(mailings, check=check, dry_run=False)
    # Last: what is closed now is removed by the next round, so a dry run counts the same.
    strays = close_strays(before=_days_ago(_STRAY_DAYS), dry_run=dry_run)
    return {"mails": removed, "mailings": mailings_removed, "mails_closed": strays}


def _clean_exports(check: Check, dry_run: bool) -> Counts:
    return _counted("exports", exports.sweep_exports(check=check, dry_run=dry_run))


def _clean_images(check: Check, dry_run: bool) -> Counts:
    return _counted("images", images.sweep_files(check=check, dry_run=dry_run))


def _clean_webhooks(check: Check, dry_run: bool) -> Counts:
    return _counted("webhooks", webhooks.sweep(check=check, dry_run=dry_run))


def _clean_ways_in(check: Check, dry_run: bool) -> Counts:
    now = timezone.now()
    links = apps.get_model("accounts.SignInLink")._default_manager.filter(expires_at__lt=now - _LINK_KEPT)
    return {
        "sign_in_links": remove_rows(links, check=check, dry_run=dry_run),
        "sessions": remove_rows(Session.objects.filter(expire_date__lt=now), check=check, dry_run=dry_run),
    }


def _clean_answers(check: Check, dry_run: bool) -> Counts:
    answers = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    shares = Bucket.objects.filter(full_at__lt=time.time())
    return {
        "idempotent_answers": remove_rows(answers, check=check, dry_run=dry_run),
        "shares_of_requests": remove_rows(shares, check=check, dry_run=dry_run),
    }


def _clean_health(check: Check, dry_run: bool) -> Counts:
    old = HealthCheck.objects.filter(at__lt=_days_ago(settings.HEALTH_DAYS))
    return {"health_checks": remove_rows(old, check=check, dry_run=dry_run)}


_NO_REMOVALS: Final = frozenset({"deleted_bytes", "left_files", "mended_rows", "removed_temporaries", "told"})

#: What is said while it is done -> who does it.
DUTIES: Final[dict[str, Duty]] = {
    "exports and reports": _clean_exports,
    "pictures": _clean_images,
    "mails": _clean_mails,
    "activity log": _clean_activity,
    "webhooks": _clean_webhooks,
    "sessions and sign-in links": _clean_ways_in,
    "answers to repeated requests": _clean_answers,
    "health checks": _clean_health,
}


def _counted(kind: str, swept: Any) -> Counts:
    """Name the counts of a sweep: what is removed, not what else it mends or tells, nor how large it was."""
    counts = asdict(swept)
    return {f"{kind}_{name}": count for name, count in counts.items() if name not in _NO_REMOVALS}


def _days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)
