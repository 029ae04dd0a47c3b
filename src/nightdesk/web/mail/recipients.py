"""Recipients as people paste them: out of a spreadsheet, an address book, a line of a mail."""

import re
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from nightdesk.core.redaction import clean_text
from nightdesk.mail.models import MAX_RECIPIENTS
from nightdesk.mail.services import complain_of_address, fold_address

#: So many addresses that are none are named; the rest is counted.
MOST_NAMED: Final = 5
_LINES: Final = re.compile(r"[;\r\n]+")
_NAMED: Final = re.compile(r"<([^<>]*)>")
_WORDS: Final = re.compile(r"[,\s]+")


@dataclass(frozen=True, slots=True)
class Recipients:
    """`addresses`: to whom mail can go, each once. `complaints`: one for each that is no address. `doubled`: left out."""

    addresses: list[str]
    complaints: list[str]
    doubled: int

    @property
    def trouble(self) -> list[str]:
        """What keeps a mail from going to them, in words; nothing when it can go."""
        if not self.addresses and not self.complaints:
            return [_("Say who should get it: one address, or many.")]
        if len(self.addresses) > MAX_RECIPIENTS:
            words = _("These are %(count)s addresses. A mailing goes to %(most)s at most: send it in parts.")
            return [words % {"count": f"{len(self.addresses):,}", "most": f"{MAX_RECIPIENTS:,}"}]
        named = self.complaints[:MOST_NAMED]
        if more := len(self.complaints) - len(named):
            named.append(
                ngettext("%(count)s more is none, too.", "%(count)s more are none, too.", more) % {"count": more}
            )
        return named


def read_recipients(text: str) -> Recipients:
    """Read addresses with commas, semicolons, spaces or line ends between them; names beside them are left out."""
    found: dict[str, str] = {}
    complaints: list[str] = []
    doubled = 0
    for one in _split(clean_text(text)):
        if complaint := complain_of_address(one):
            complaints.append(complaint)
        elif fold_address(one) in found:
            doubled += 1
        else:
            found[fold_address(one)] = one
    return Recipients(list(found.values()), complaints, doubled)


def _split(text: str) -> list[str]:
    found: list[str] = []
    for line in _LINES.split(text):
        named = [one.strip() for one in _NAMED.findall(line)]
        words = [word for word in _WORDS.split(_NAMED.sub(",", line)) if word]
        if "@" not in line:
            found += [line.strip()] if words else []
        else:
            found += [*named, *(word for word in words if "@" in word or not named)]
    return found
