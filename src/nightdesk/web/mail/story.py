"""What happened to a mail, point by point."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from nightdesk.mail.models import MailBody, MailState, OutboxMail
from nightdesk.web.mail.states import STATES

_MOVING: Final = (MailState.QUEUED, MailState.SENDING)


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that happened, or that is awaited (`at` is None)."""

    look: str
    word: str | Promise
    at: datetime | None
    detail: str = ""


def tell_story(mail: OutboxMail, body: MailBody | None) -> list[Point]:
    """List what is known to have happened to a mail, in order, ending with where it stands."""
    points = [Point("", _("Asked for"), mail.created_at)]
    if body is not None:
        points.append(Point("", _("Written"), body.rendered_at))
    if mail.claimed_at is not None and mail.state != MailState.SENDING:
        tries = ngettext("%(count)s try", "%(count)s tries", mail.attempts) % {"count": mail.attempts}
        doubts = ngettext("%(count)s in doubt", "%(count)s in doubt", mail.doubts) % {"count": mail.doubts}
        points.append(Point("", _("Last tried"), mail.claimed_at, f"{tries}, {doubts}" if mail.doubts else tries))
    look, word = STATES[mail.state]
    at = mail.claimed_at if mail.state == MailState.SENDING else None if mail.state in _MOVING else mail.sent_at
    points.append(Point(look, word, at))
    return points
