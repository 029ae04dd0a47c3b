"""Which lines of the activity log a page shows: read from the address, so that a look can be kept as a bookmark."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from nightdesk.activity.models import Activity
from nightdesk.core.redaction import clean_text

MAX_TEXT_CHARS: Final = 100
_MAX_WORD_CHARS: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """`person`: a user's id; `action`: a word for programs; `subject`: a thing (`campaign:12`); dates include both ends.

    `before`: only lines older than this moment and id, which is how a long log is leafed through.
    """

    person: int | None = None
    action: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""
    before: tuple[datetime, int] | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "LogFilter":
        """Read an address; what it does not know is left out."""
        return cls(
            person=_read_number(query.get("person", "")),
            action=clean_text(query.get("action", "")).strip()[:_MAX_WORD_CHARS],
            subject=clean_text(query.get("thing", "")).strip()[:_MAX_WORD_CHARS],
            since=_read_date(query.get("since", "")),
            until=_read_date(query.get("until", "")),
            text=clean_text(query.get("q", "")).strip()[:MAX_TEXT_CHARS],
            before=_read_before(query.get("before", "")),
        )

    @property
    def is_on(self) -> bool:
        """Whether anything is left out, but for what is newer than this page."""
        return any((self.person, self.action, self.subject, self.since, self.until, self.text))

    def criteria(self) -> dict[str, Any]:
        """Return what the service is asked for."""
        return {
            "actor_id": self.person,
            "action": self.action or None,
            "subject": self.subject or None,
            "since": _midnight(self.since) if self.since else None,
            "until": _midnight(self.until + timedelta(days=1)) if self.until else None,
            "text": self.text,
        }

    def apply_before(self, lines: QuerySet[Activity]) -> QuerySet[Activity]:
        """Put the newest first, and leave out what is newer than this page."""
        if self.before is not None:
            at, pk = self.before
            lines = lines.filter(at__lte=at).exclude(at=at, pk__gte=pk)
        return lines.order_by("-at", "-pk")

    def address_after(self, line: Activity | None) -> str:
        """Return the query of the page that goes on after this line; of the newest page without one."""
        asked = {
            "person": self.person,
            "action": self.action,
            "thing": self.subject,
            "since": self.since,
            "until": self.until,
            "q": self.text,
            "before": f"{line.at.isoformat()}/{line.pk}" if line else "",
        }
        return "?" + urlencode({name: value for name, value in asked.items() if value})


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def _read_before(text: str) -> tuple[datetime, int] | None:
    moment, _slash, number = text.partition("/")
    pk = _read_number(number)
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    return (at, pk) if at is not None and at.tzinfo is not None and pk is not None else None


def _read_date(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 1 < found.year < 9999 else None
