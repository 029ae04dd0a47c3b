"""The form of a post: what is shown in it, and what was typed. One tab is for all accounts, one for each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from nightdesk.core.errors import InvalidInput
from nightdesk.core.redaction import clean_text
from nightdesk.providers.publishing.protocol import Field
from nightdesk.publishing import services
from nightdesk.publishing.models import Post
from nightdesk.web.posts.accounts import Account

TEXTS: Final = ("title", "body", "excerpt", "canonical_url")
_OPTION: Final = "option_"


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that one platform offers, with what was chosen."""

    field: Field
    value: str

    @property
    def name(self) -> str:
        """Its name in the form."""
        return _OPTION + self.field.name


def find_tab(accounts: list[Account], number: str) -> Account | None:
    """Return the account whose tab the address names; None: the tab for all."""
    return next((one for one in accounts if str(one.row.pk) == number), None)


def show_values(post: Post, tab: Account | None) -> dict[str, Any]:
    """Return what the form shows of a saved post."""
    if tab is None:
        shown = services.content_of(post)
        return {**shown, "tags": ", ".join(post.tags)}
    own = post.overrides.get(str(tab.row.pk)) or {}
    options = {_OPTION + name: value for name, value in (own.get("options") or {}).items()}
    return {**{name: own.get(name, "") for name in TEXTS}, "tags": ", ".join(own.get("tags") or []), **options}


def read_values(data: QueryDict, tab: Account | None) -> dict[str, Any]:
    """Read what was typed. Browsers send line ends as CR LF."""
    values = {name: clean_text(data.get(name, "")).replace("\r\n", "\n") for name in (*TEXTS, "tags")}
    if tab is None:
        return {**values, "cover": data.get("cover", "")[:64], "cover_alt": clean_text(data.get("cover_alt", ""))}
    options = {_OPTION + one.name: clean_text(data.get(_OPTION + one.name, "")) for one in tab.info.options}
    return {**values, **options}


def as_changes(post: Post, tab: Account | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what was typed into changes of the post; what is left empty on an account's tab is as for all."""
    tags = split_tags(values["tags"])
    if tab is None:
        return {**{name: values[name] for name in (*TEXTS, "cover", "cover_alt")}, "tags": tags}
    options = {one.name: values[_OPTION + one.name] for one in tab.info.options if values.get(_OPTION + one.name)}
    own: dict[str, Any] = {name: values[name] for name in TEXTS if values[name].strip()}
    own |= {"tags": tags} if tags else {}
    own |= {"options": options} if options else {}
    others = {key: kept for key, kept in post.overrides.items() if key != str(tab.row.pk)}
    return {"overrides": {**others, str(tab.row.pk): own} if own else others}


def show_end(post: Post) -> str:
    """Return when a post is to be taken down again, as a form field holds it; "" for never."""
    return f"{timezone.localtime(post.unpublish_at):%Y-%m-%dT%H:%M}" if post.unpublish_at is not None else ""


def read_end(data: QueryDict, post: Post) -> dict[str, Any]:
    """Read when a post is to be taken down again, in the installation's time zone; left alone it is no change.

    Raises:
        InvalidInput: with details on `unpublish_at`.
    """
    text = data.get("unpublish_at")
    if text is None or text == show_end(post):
        return {}
    if not text:
        return {"unpublish_at": None}
    try:
        moment = services.read_moment(text=text, time_zone=timezone.get_current_timezone_name())
    except InvalidInput as refusal:
        raise InvalidInput(details={"unpublish_at": refusal.details.get("scheduled_at", [])}) from refusal
    return {"unpublish_at": moment}


def split_tags(text: str) -> list[str]:
    """Return tags that were typed with commas between them."""
    return [tag for tag in (part.strip().removeprefix("#").strip() for part in text.split(",")) if tag]


def list_options(tab: Account | None, values: Mapping[str, Any]) -> list[Option]:
    """List what one platform lets people choose for a post."""
    fields = tab.info.options if tab is not None else ()
    return [Option(one, str(values.get(_OPTION + one.name, ""))) for one in fields]


def place_complaints(details: Mapping[str, list[str]], tab: Account | None) -> dict[str, list[str]]:
    """Give each complaint to the field of this tab that it is about; those about other fields stay under their names."""
    prefix = f"overrides.{tab.row.pk}." if tab is not None else ""
    placed: dict[str, list[str]] = {}
    for name, said in details.items():
        short = name.removeprefix(prefix)
        placed.setdefault(short.replace("options.", _OPTION), []).extend(said)
    return placed


def read_number(request: HttpRequest, name: str) -> int:
    """Read a number that a form of ours carries.

    Raises:
        InvalidInput: there is none.
    """
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidInput(_("This form is incomplete. Load the page again and repeat it."))
    return int(text)
