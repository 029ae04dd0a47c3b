"""Which mails the outbox shows: read from the address, so that a list can be kept as a bookmark."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.core.redaction import clean_text
from nightdesk.httpkit.actors import Actor
from nightdesk.mail import services
from nightdesk.mail.models import OutboxMail
from nightdesk.web.mail.states import CATEGORIES, STATES

MAX_TEXT_CHARS: Final = 100
#: Digits of the largest number of a row.
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class MailFilter:
    """`state`, `category`, `text`, `mailing` (the number of one): what is shown, "" for all."""

    state: str
    category: str
    text: str
    mailing: str

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "MailFilter":
        """Read an address; what it does not know is left out."""
        state, category, mailing = (query.get(name, "") for name in ("state", "category", "mailing"))
        return cls(
            state if state in STATES else "",
            category if category in CATEGORIES else "",
            clean_text(query.get("q", "")).strip()[:MAX_TEXT_CHARS],
            mailing if mailing.isascii() and mailing.isdecimal() and len(mailing) <= _MOST_DIGITS else "",
        )

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.state or self.category or self.text or self.mailing)

    @property
    def states(self) -> list[tuple[str, Promise]]:
        """The states to choose from, with their words."""
        return [("", _("All")), *((state, word) for state, (_look, word) in STATES.items())]

    @property
    def categories(self) -> list[tuple[str, Promise]]:
        """The categories to choose from, with their words."""
        return [("", _("All")), *CATEGORIES.items()]

    def find(self, actor: Actor) -> QuerySet[OutboxMail]:
        """Give the mails that match; with nothing chosen those of mailings are left out: each mailing stands for them."""
        mails = services.mails_shown(
            user_id=actor.user_id,
            is_operator=actor.operator,
            state=self.state or None,
            category=self.category or None,
            text=self.text,
            bulk_id=int(self.mailing) if self.mailing else None,
        )
        shown = mails if self.is_on else mails.filter(bulk=None)
        return shown.select_related("bulk").defer("sealed_context", "bulk__sealed_context")
