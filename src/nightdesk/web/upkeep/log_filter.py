"""Which lines of the activity log a page shows: read from the address, so that a look can be kept as a bookmark."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.dateparse import parse_date

from nightdesk.core.redaction import clean_text

MAX_TEXT_CHARS: Final = 100
_MAX_WORD_CHARS: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """`person`: a user's id; `action`: a word for programs; `subject`: a thing (`campaign:12`); dates include both ends.

    `before`: only lines older than the one with this id, which is how a long log is leafed through.
    """

    person: int | None = None
    action: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""
    before: int | None = None

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
            before=_read_number(query.get("before", "")),
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

    def address_before(self, pk: int) -> str:
        """Return the query of the page that goes on after this line."""
        asked = {
            "person": self.person,
            "action": self.action,
            "thing": self.subject,
            "since": self.since,
            "until": self.until,
            "q": self.text,
            "before": pk,
        }
        return "?" + urlencode({name: value for name, value in asked.items() if value})


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def _read_date(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 1 < found.year < 9999 else None
