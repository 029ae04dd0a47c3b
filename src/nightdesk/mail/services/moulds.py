"""What the mails of a mailing have in common, written once: only the lines that name the recipient are written for each.

What comes out is byte for byte what `write_body` writes. A template that does more with what differs than to show it has
no mould, nor has a recipient with an account, who is greeted by name, nor an address with signs that a page writes in
another way: those mails are written one by one.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.mail.models import OutboxMail
from nightdesk.mail.services.messages import Body, assemble, encode_lines, forms_of, lines_of, pack_body, part_head
from nightdesk.mail.services.rendering import Rendered, fill_context, read_sources, render_complete

#: Signs that are the same in a text, in HTML, in an attribute and as quoted-printable.
_PLAIN: Final = re.compile(r"[A-Za-z0-9@._+:/-]+")
_DIFFERS: Final = r"(?:recipient_email|unsubscribe_url)"
_NAMED: Final = re.compile(rf"\b{_DIFFERS}\b")
#: All that may be done with what differs: to show it, and to ask whether it is there.
_SHOWN: Final = re.compile(rf"\{{\{{\s*{_DIFFERS}\s*\}}\}}|\{{%\s*if\s+{_DIFFERS}\s*%\}}")
_TAG: Final = re.compile(r"\{%\s*(\w*)")
#: Tags that change nothing in what stands between them.
_TAGS: Final = frozenset(
    [
        "block",
        "blocktranslate",
        "else",
        "elif",
        "empty",
        "endblock",
        "endblocktranslate",
        "endfor",
        "endif",
        "extends",
        "firstof",
        "for",
        "if",
        "include",
        "plural",
        "translate",
    ]
)
#: A rule that looks at attributes could look at an address.
_STYLE: Final = re.compile(r"<style\b(.*?)(?:</style>|\Z)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Form:
    """One form of a mail: lines that are written already, and between them those with holes."""

    head: bytes
    pieces: tuple[bytes | str, ...]


class Mould:
    """The mails of one mailing to people without an account. Made by `make_mould`."""

    def __init__(self, rendered: Rendered, holes: tuple[str, str]) -> None:
        """Write what has no hole."""
        self._holes = holes
        self._forms = [
            _Form(part_head(kind), tuple(_split(lines_of(text), holes))) for kind, text in forms_of(rendered)
        ]

    def write(self, *, mail: OutboxMail, leave: str) -> Body | None:
        """Write a mail. `leave`: where its recipient unsubscribes. None: it must be written by itself."""
        parts = self.fill(recipient=mail.recipient, leave=leave)
        return None if parts is None else pack_body(mail=mail, raw=assemble(mail=mail, parts=parts, leave=leave))

    def fill(self, *, recipient: str, leave: str) -> list[bytes] | None:
        """Write the parts of a mail; None where signs of its recipient are not the same everywhere."""
        if not (_PLAIN.fullmatch(recipient) and _PLAIN.fullmatch(leave)):
            return None
        mine = (recipient, leave)
        return [form.head + b"".join(self._fill(piece, mine) for piece in form.pieces) for form in self._forms]

    def _fill(self, piece: bytes | str, mine: tuple[str, str]) -> bytes:
        if isinstance(piece, bytes):
            return piece
        for hole, value in zip(self._holes, mine, strict=True):
            piece = piece.replace(hole, value)
        return encode_lines([piece])


def make_mould(*, mail: OutboxMail, context: Mapping[str, Any]) -> Mould | None:
    """Make the mould of a mailing from one of its mails, which is written both ways to compare; None: there is none.

    Raises:
        MissingVariables, TemplateNotFound, TemplateBroken: no mail of it can be written.
    """
    filled = fill_context(context, recipient=mail.recipient, user=None, category=mail.category, subject=mail.subject)
    leave = str(filled["unsubscribe_url"])
    if not _can_share(read_sources(template=mail.template)):
        return None
    holes = (f"recipient{uuid.uuid4().hex}", f"https://leave{uuid.uuid4().hex}/")  # it must look like a link
    hollow = {**filled, "recipient_email": holes[0], "unsubscribe_url": holes[1]}
    mould = Mould(render_complete(template=mail.template, context=hollow), holes)
    whole = forms_of(render_complete(template=mail.template, context=filled))
    written = [part_head(kind) + encode_lines(lines_of(text)) for kind, text in whole]
    return mould if mould.fill(recipient=mail.recipient, leave=leave) == written else None


def _can_share(sources: Sequence[str] | None) -> bool:
    """Whether a template made of these files only shows what differs from mail to mail."""
    return sources is not None and all(
        len(_NAMED.findall(source)) == len(_SHOWN.findall(source))
        and _TAGS.issuperset(_TAG.findall(source))
        and "asvar" not in source
        and not any("[" in rules for rules in _STYLE.findall(source))
        for source in sources
    )


def _split(lines: Sequence[str], holes: Sequence[str]) -> list[bytes | str]:
    pieces: list[bytes | str] = []
    same: list[str] = []
    for line in lines:
        if not any(hole in line for hole in holes):
            same.append(line)
            continue
        pieces += [encode_lines(same), line]
        same = []
    return [*pieces, encode_lines(same)]
