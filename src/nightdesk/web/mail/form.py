"""The form of a new mail: who gets it, its subject, and a field for each thing that its template says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.signing import BadSignature, Signer
from django.http import QueryDict
from django.utils.translation import gettext as _

from nightdesk.core.errors import InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.core.redaction import clean_text
from nightdesk.mail.models.outbox import MAX_SUBJECT_CHARS
from nightdesk.mail.services import TemplateInfo
from nightdesk.web.mail.recipients import Recipients, read_recipients

_FIELD: Final = "field_"
#: A value of the sample that is longer gets a field of several lines.
_ONE_LINE_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing that a template says. `example`: what its sample says there. `is_required`: it is not sent without."""

    key: str
    value: str
    example: str
    is_required: bool

    @property
    def name(self) -> str:
        """Its name in the form."""
        return _FIELD + self.key

    @property
    def title(self) -> str:
        """Its name for people."""
        words = self.key.replace("_", " ").capitalize().split()
        return " ".join("URL" if word == "url" else word for word in words)

    @property
    def is_long(self) -> bool:
        """Whether several lines are usual."""
        return "\n" in self.example or len(self.example) > _ONE_LINE_CHARS


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail as it was typed. `more`: the rest of what the template is filled with, as JSON. `key`: once a form."""

    template: TemplateInfo
    to: str
    subject: str
    texts: Mapping[str, str]
    more: str
    key: str

    @property
    def fields(self) -> list[FormField]:
        """A field for each thing that is plain text; the others go into `more`."""
        template = self.template
        return [
            FormField(name, self.texts.get(name, ""), str(template.sample[name]), name in template.needs)
            for name in _plain(template)
        ]

    @property
    def recipients(self) -> Recipients:
        """Who gets it."""
        return read_recipients(self.to)


def begin_mail(template: TemplateInfo) -> NewMail:
    """Return an empty form; what is no plain text is filled with the sample, as a pattern."""
    rest = {name: template.sample[name] for name in template.needs if name not in _plain(template)}
    more = json.dumps(rest, indent=2, ensure_ascii=False, default=str) if rest else ""
    return NewMail(template, "", "", {}, more, _signer().sign(str(new_job_id())))


def read_mail(data: QueryDict, template: TemplateInfo) -> NewMail:
    """Read what was typed. Browsers send line ends as CR LF.

    Raises:
        InvalidInput: the form is not one of ours.
    """
    texts = {name: clean_text(data.get(_FIELD + name, "")).replace("\r\n", "\n") for name in _plain(template)}
    return NewMail(
        template,
        clean_text(data.get("to", "")).replace("\r\n", "\n"),
        data.get("subject", "").strip(),
        texts,
        clean_text(data.get("more", "")).replace("\r\n", "\n"),
        data.get("key", ""),
    )


def read_key(mail: NewMail) -> str:
    """Return the id that this form gave out: sent twice, it is one mail.

    Raises:
        InvalidInput: it was not made here.
    """
    try:
        return _signer().unsign(mail.key)
    except BadSignature:
        raise InvalidInput(_("This form is incomplete. Load the page again and repeat it.")) from None


def read_context(mail: NewMail) -> dict[str, Any]:
    """Return what the template is filled with.

    Raises:
        InvalidInput: with details on `more`: it is no JSON object.
    """
    try:
        rest = json.loads(mail.more) if mail.more.strip() else {}
    except (ValueError, RecursionError):
        rest = None
    if not isinstance(rest, dict):
        raise InvalidInput(details={"more": [_('This must be a JSON object, like {"name": "value"}.')]})
    return {**rest, **{name: text for name, text in mail.texts.items() if text.strip()}}


def complain_of_mail(mail: NewMail) -> dict[str, list[str]]:
    """Say what is wrong with the recipients and the subject, by field."""
    complaints: dict[str, list[str]] = {}
    if trouble := mail.recipients.trouble:
        complaints["to"] = trouble
    if not mail.subject:
        complaints["subject"] = [_("Give it a subject.")]
    elif len(mail.subject) > MAX_SUBJECT_CHARS:
        words = _("This must have at most %(most)s characters; it has %(count)s. Shorten it.")
        complaints["subject"] = [words % {"most": MAX_SUBJECT_CHARS, "count": len(mail.subject)}]
    elif not mail.subject.isprintable():
        complaints["subject"] = [_("A subject is one line: leave out line breaks and control characters.")]
    return complaints


def place_complaints(details: Mapping[str, list[str]], template: TemplateInfo) -> dict[str, list[str]]:
    """Give each complaint of a service to the field of the form that it is about."""
    placed: dict[str, list[str]] = {}
    for name, said in details.items():
        placed.setdefault(_place(name, template), []).extend(said)
    return placed


def _place(name: str, template: TemplateInfo) -> str:
    part, _dot, key = name.partition(".")
    if part.startswith("recipient_email"):
        return "to"
    if part == "context":
        return _FIELD + key if key in _plain(template) else "more"
    return part


def _plain(template: TemplateInfo) -> list[str]:
    return [name for name, value in template.sample.items() if isinstance(value, str)]


def _signer() -> Signer:
    return Signer(salt="nightdesk.web.mail")
