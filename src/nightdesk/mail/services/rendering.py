"""What a mail says: a template filled in, as HTML whose styles stand on its elements, and as text."""

import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from css_inline import CSSInliner
from django.conf import settings
from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError

from nightdesk.core.errors import Permanent
from nightdesk.mail.models import Category
from nightdesk.mail.services.contexts import resolve
from nightdesk.mail.services.templates import find_template
from nightdesk.mail.services.unsubscribing import unsubscribe_address

#: Templates of an operator, in the data folder: a file of the same name stands before ours.
FOLDER: Final = "emails"
_OURS: Final = Path(__file__).parents[1] / "templates" / "emails"
_PREVIEW_ADDRESS: Final = "ada@example.org"
_MOST_EDITIONS: Final = 4
#: What a link of a mail may be. A page of our own is named with its host, too: a mail is read elsewhere.
_LINK: Final = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f\x7f]+", re.IGNORECASE)
#: What stands before the foot of a plain text (RFC 3676, 4.3): its blank counts.
_SIGNATURE: Final = "-- "

_OTHERS: Final = re.compile(r"\{%\s*(?:extends|include)\s+(\S+)")
_QUOTED: Final = re.compile(r"\"[^\"]+\"|'[^']+'")

#: The operator's files and when they were changed last.
_Edition = tuple[tuple[str, int], ...]

# Media queries (dark mode) cannot stand on an element, so they stay; nothing is fetched, from disk or the network.
_INLINER: Final = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
_missing: Final[ContextVar[list[str] | None]] = ContextVar("missing", default=None)


class MissingVariables(Permanent):
    """A template names what its context has not."""

    code = "mail_context_incomplete"

    def __init__(self, template: str, names: Sequence[str]) -> None:
        """Name what is missing."""
        self.names = tuple(names)
        super().__init__(
            f"The mail template {template!r} needs {', '.join(names)}, and the context has not. Ask for the mail anew, with it.",
            details={f"context.{name}": ["The template needs this. Add it to the context."] for name in names},
        )


class LinkNotAllowed(Permanent):
    """A context has an address that a mail must not lead to."""

    code = "mail_link_not_allowed"
    status = 400

    def __init__(self, names: Sequence[str]) -> None:
        """Name the variables."""
        said = "A link in a mail begins with https://, http:// or mailto:. Correct it."
        super().__init__(
            f"{said} Look at {', '.join(names)} of the context.", details={f"context.{name}": [said] for name in names}
        )


class TemplateBroken(Permanent):
    """A template that this installation has changed cannot be read."""

    code = "mail_template_broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a mail says. `missing`: what the template names and the context has not."""

    subject: str
    html: str
    text: str
    missing: tuple[str, ...] = ()


class _Noted(str):
    """What stands for a variable that is not there: nothing, and its name is noted. Django formats it with the name.

    Variables that are asked about (`if`, `firstof`) may be missing.
    """

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, name: object) -> str:
        if (noted := _missing.get()) is not None and str(name) not in noted:
            noted.append(str(name))
        return ""


def fill_context(
    context: Mapping[str, Any], *, recipient: str, user: Mapping[str, Any] | None, category: str, subject: str
) -> dict[str, Any]:
    """Add what every template can use; a `user` of the context stands before the recipient's own."""
    return {
        "user": user or {},
        **context,
        "subject": subject,
        "recipient_email": recipient,
        "site_name": settings.SITE_NAME,
        "frontend_url": settings.BASE_URL,
        "unsubscribe_url": leave_address(recipient=recipient, category=category),
    }


def leave_address(*, recipient: str, category: str) -> str:
    """Return where a recipient leaves mail of this category; "" for mail about security."""
    return "" if category == Category.SECURITY else unsubscribe_address(address=recipient, category=category)


def render(*, template: str, context: Mapping[str, Any]) -> Rendered:
    """Fill a template with a complete context; what it names and the context has not is told in `missing`.

    Raises:
        TemplateNotFound, TemplateBroken. LinkNotAllowed.
    """
    needs = find_template(template).needs
    check_links(context)
    noted = [name for name in needs if context.get(name) in (None, "")]
    before = _missing.set(noted)
    try:
        edition = _edition(Path(settings.DATA_DIR) / FOLDER)
        page = _fill(f"{template}.html", context, edition, is_html=True)
        text = _fill(f"{template}.txt", context, edition, is_html=False)
    finally:
        _missing.reset(before)
    return Rendered(
        subject=str(context.get("subject", "")), html=_INLINER.inline(page), text=_tidy(text), missing=tuple(noted)
    )


def check_links(context: Mapping[str, Any]) -> None:
    """Refuse addresses of a context (what ends in `_url`) that would do something else than lead somewhere.

    Raises:
        LinkNotAllowed: with their names.
    """
    links = ((name, str(value)) for name, value in context.items() if name.endswith("_url") and value)
    if wrong := [name for name, value in links if not _LINK.fullmatch(value)]:
        raise LinkNotAllowed(wrong)


def render_complete(*, template: str, context: Mapping[str, Any]) -> Rendered:
    """Fill a template, and refuse an incomplete context.

    Raises:
        MissingVariables: with their names. TemplateNotFound, TemplateBroken.
    """
    rendered = render(template=template, context=context)
    if rendered.missing:
        raise MissingVariables(template, rendered.missing)
    return rendered


def read_sources(*, template: str) -> tuple[str, ...] | None:
    """Return the files of which a template is made, both forms; None: which they are depends on the context.

    Raises:
        TemplateNotFound, TemplateBroken.
    """
    find_template(template)
    edition = _edition(Path(settings.DATA_DIR) / FOLDER)
    found: dict[str, str] = {}
    for suffix, is_html in ((".html", True), (".txt", False)):
        engine, pending = _engine(Path(settings.DATA_DIR) / FOLDER, edition, is_html=is_html), [template + suffix]
        while pending:
            name = pending.pop()
            if name in found:
                continue
            try:
                found[name] = str(engine.get_template(name).source)
            except (TemplateSyntaxError, TemplateDoesNotExist) as exc:
                raise TemplateBroken(f"The mail template {name} cannot be read: {exc}.") from exc
            for other in _OTHERS.findall(found[name]):
                if not _QUOTED.fullmatch(other):
                    return None
                pending.append(other[1:-1])
    return tuple(found.values())


def preview_template(*, name: str, context: Mapping[str, Any] | None = None, subject: str | None = None) -> Rendered:
    """Show a template, with its sample unless there is a context. Reads no rows.

    Raises:
        TemplateNotFound, TemplateBroken.
    """
    info = find_template(name)
    title = subject or info.subject
    filled = fill_context(
        info.sample if context is None else context,
        recipient=_PREVIEW_ADDRESS,
        user=None,
        category=info.category,
        subject=title,
    )
    return render(template=name, context=filled)


def context_complaints(*, template: str, context: Mapping[str, Any], subject: str = "") -> tuple[str, ...]:
    """Return the names that a template needs and a context has not. References in it are read.

    Raises:
        TemplateNotFound, TemplateBroken. RowGone. InvalidInput: a reference to what mails do not show.
    """
    return preview_template(name=template, context=resolve(context), subject=subject).missing


def _fill(name: str, context: Mapping[str, Any], edition: _Edition, *, is_html: bool) -> str:
    try:
        filled = _engine(Path(settings.DATA_DIR) / FOLDER, edition, is_html=is_html).get_template(name)
        return filled.render(Context(dict(context), autoescape=is_html))
    except (TemplateSyntaxError, TemplateDoesNotExist) as exc:
        raise TemplateBroken(f"The mail template {name} cannot be read: {exc}. Mend the file in {FOLDER}.") from exc
    except Exception as exc:  # tags and filters raise what they like
        said = f"The mail template {name} cannot be filled with this context ({type(exc).__name__}: {exc})."
        raise TemplateBroken(f"{said} Correct the context, or the file in {FOLDER}.") from exc


@lru_cache(maxsize=_MOST_EDITIONS)
def _engine(folder: Path, edition: _Edition, *, is_html: bool) -> Engine:
    """Make an engine that keeps what it has compiled until a file of the operator changes."""
    return Engine(
        dirs=[str(folder), str(_OURS)] if edition else [str(_OURS)],
        autoescape=is_html,
        string_if_invalid=_Noted("%s"),
        libraries={"i18n": "django.templatetags.i18n", "l10n": "django.templatetags.l10n"},
        builtins=["django.templatetags.i18n"],
    )


def _edition(folder: Path) -> _Edition:
    try:
        return tuple(sorted((one.name, one.stat().st_mtime_ns) for one in folder.iterdir() if one.is_file()))
    except OSError:
        return ()


def _tidy(text: str) -> str:
    """Leave at most one empty line between paragraphs: what tags leave behind is no text."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        stripped = line if line == _SIGNATURE else line.rstrip()
        if stripped or (lines and lines[-1]):
            lines.append(stripped)
    return "\n".join(lines) + "\n"
