"""The publish history of a post: what became of it on each account, attempt by attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.core.redaction import redact_text
from nightdesk.httpkit.actors import Actor
from nightdesk.publishing import services
from nightdesk.publishing.models import Post, Status
from nightdesk.web.posts.places import STATUSES
from nightdesk.web.posts.status import Line, find_jobs

#: How a run ended -> (look, word).
_OUTCOMES: Final[dict[str, tuple[str, Promise]]] = {
    "running": ("running", _("Running")),
    "succeeded": ("done", _("Done")),
    "failed": ("failed", _("Failed")),
    "retry": ("late", _("Failed, to be tried again")),
    "cancelled": ("ended", _("Stopped")),
    "released": ("ended", _("Put back")),
    "crashed": ("failed", _("Its worker died")),
    "unknown": ("unsure", _("Outcome unknown")),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run at an account."""

    tried: services.Try

    @property
    def look(self) -> str:
        """Shape and colour."""
        return _OUTCOMES.get(self.tried.outcome, ("ended", ""))[0]

    @property
    def word(self) -> str | Promise:
        """How it ended."""
        return _OUTCOMES.get(self.tried.outcome, ("", self.tried.outcome))[1]

    @property
    def error(self) -> str:
        """What went wrong, without secrets."""
        return redact_text(self.tried.error)

    @property
    def seconds(self) -> float | None:
        """How long it took; None where it is not known."""
        began, ended = self.tried.started_at, self.tried.finished_at
        return (ended - began).total_seconds() if began is not None and ended is not None else None


@dataclass(frozen=True, slots=True)
class Told:
    """One publishing with its attempts, the newest first."""

    line: Line
    attempts: list[Attempt]


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """`account`, `status`: what is shown, "" for all."""

    account: str
    status: str

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "HistoryFilter":
        """Read an address; what it does not know is left out."""
        account, status = query.get("account", ""), query.get("status", "")
        return cls(account if account.isascii() and account.isdecimal() else "", status if status in STATUSES else "")

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.account or self.status)

    @property
    def choices(self) -> list[tuple[str, Promise]]:
        """The states to choose from, with their words."""
        return [("", _("All")), *((str(Status(name)), word) for name, (_look, word) in STATUSES.items())]

    def match(self, told: Told) -> bool:
        """Whether it is shown."""
        row = told.line.row
        return self.account in ("", str(row.account_id)) and self.status in ("", row.status)


def tell_history(actor: Actor, post: Post) -> list[Told]:
    """List what became of a post on each account and in each revision, the newest first."""
    rows = services.history(post_id=post.pk)
    jobs = find_jobs(actor, [one.publishing for one in rows])
    return [
        Told(
            Line(one.publishing, jobs.get(one.publishing.task_id) if one.publishing.task_id else None),
            [Attempt(tried) for tried in reversed(one.tries)],
        )
        for one in rows
    ]
