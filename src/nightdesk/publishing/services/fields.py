"""What a post may hold: every field trimmed and checked, the complaints by field."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypedDict
from urllib.parse import urlsplit

from django.utils import timezone

from nightdesk.core.errors import InvalidInput
from nightdesk.core.redaction import clean_text
from nightdesk.publishing.models import (
    MAX_BODY_CHARS,
    MAX_EXCERPT_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TITLE_CHARS,
    MAX_URL_CHARS,
    PlatformAccount,
)
from nightdesk.publishing.services.platforms import check_options, find_platform

#: Fields whose every change makes a revision, as `PostRevision.content` holds them.
CONTENT_FIELDS: Final = (
    "title",
    "body",
    "excerpt",
    "tags",
    "canonical_url",
    "cover",
    "cover_alt",
    "overrides",
)
MAX_ALT_CHARS: Final = 1_000
#: An account each; more than anybody connects.
MAX_OVERRIDES: Final = 100

_ASSET_ID: Final = re.compile(r"[a-z2-7]{24}")
_UNSTORABLE: Final = "This text holds a NUL character or half a character. Remove it."
_MOST_CHARS: Final = {
    "title": MAX_TITLE_CHARS,
    "body": MAX_BODY_CHARS,
    "excerpt": MAX_EXCERPT_CHARS,
    "canonical_url": MAX_URL_CHARS,
    "cover_alt": MAX_ALT_CHARS,
}
#: What may be different on an account, besides `options`.
OVERRIDABLE: Final = ("title", "body", "excerpt", "tags", "canonical_url")


class PostFields(TypedDict, total=False):
    """What people write of a post; what is left out stays, or is empty in a new one.

    `cover` is an asset's id. `overrides`: see `Post`; they are replaced as a whole.
    """

    title: str
    body: str
    excerpt: str
    tags: Sequence[str]
    canonical_url: str
    cover: str | None
    cover_alt: str
    overrides: Mapping[str, Mapping[str, Any]]
    unpublish_at: datetime | None


def check_fields(given: Mapping[str, Any], *, is_restored: bool = False) -> dict[str, Any]:
    """Return the fields as they are kept. Pictures are looked at by `pictures.hold_pictures`.

    `is_restored`: they are of an old revision, and what no account knows any more is left out.

    Raises:
        InvalidInput: with details by field, as `tags` or `overrides.7.options.visibility`.
    """
    wrong: dict[str, list[str]] = {}
    kept = _check_texts(given, wrong, "")
    for name, value in given.items():
        if name == "cover":
            kept[name] = _check_cover(value, wrong)
        elif name == "overrides":
            kept[name] = _check_overrides(value, {} if is_restored else wrong)
        elif name == "unpublish_at":
            kept[name] = _check_end(value, wrong)
        elif name not in kept and name not in wrong:
            wrong[clean_text(name)[:120]] = ["A post has no such field. Check its spelling, or leave it out."]
    if wrong:
        raise InvalidInput(details=wrong)
    return kept


def tidy_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what can be shown of fields that are not checked, for a preview: what cannot be read is left out."""
    kept = _tidy_texts(given)
    if "cover" in given:
        kept["cover"] = _check_cover(given["cover"], {})
    if isinstance(overrides := given.get("overrides"), Mapping):
        kept["overrides"] = {
            str(key): {**_tidy_texts(own), "options": _tidy_options(own.get("options"))}
            for key, own in overrides.items()
            if isinstance(own, Mapping)
        }
    return kept


def _tidy_texts(given: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: value for name, value in given.items() if name in _MOST_CHARS and isinstance(value, str)}
    kept: dict[str, Any] = {name: _tidy(name, clean_text(value)) for name, value in texts.items()}
    if _is_texts(given.get("tags")):
        kept["tags"] = _tidy_tags(given["tags"])
    return kept


def _tidy_options(given: Any) -> dict[str, str]:
    options = given if isinstance(given, Mapping) else {}
    return {str(name): value.strip() for name, value in options.items() if isinstance(value, str)}


def _check_texts(given: Mapping[str, Any], wrong: dict[str, list[str]], prefix: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in given.items():
        if name == "tags":
            complaint = _complain_of_tags(value)
            kept[name] = [] if complaint else _tidy_tags(value)
        elif name in _MOST_CHARS:
            complaint = _complain_of_text(name, value)
            kept[name] = "" if complaint else _tidy(name, value)
        else:
            continue
        if complaint:
            wrong[f"{prefix}{name}"] = [complaint]
    return kept


def _complain_of_text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return "This must be text."
    if clean_text(value) != value:
        return _UNSTORABLE
    text, most = _tidy(name, value), _MOST_CHARS[name]
    if len(text) > most:
        return f"This has {len(text):,} characters and may have {most:,}. Shorten it by {len(text) - most:,}."
    if name == "canonical_url" and text and not is_web_address(text):
        return "This must be a whole address like https://example.com/article."
    return ""


def _tidy(name: str, value: str) -> str:
    """Cut blanks around a text. Of a body only what is no Markdown: blanks at its start may be a block of code."""
    if name == "body":
        return value.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").rstrip()
    return value.strip() if name == "excerpt" else " ".join(value.split())


def is_web_address(text: str) -> bool:
    """Whether a text is a whole http or https address without a name and password in it."""
    try:
        parts = urlsplit(text)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        return False
    has_blanks = any(char.isspace() for char in text)
    is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    return is_whole and port_is_number and not has_blanks


def _complain_of_tags(value: Any) -> str:
    if not _is_texts(value):
        return "This must be a list of texts."
    if any(clean_text(tag) != tag for tag in value):
        return _UNSTORABLE
    tags = _tidy_tags(value)
    if len(tags) > MAX_TAGS:
        return f"A post can have {MAX_TAGS} tags, and this has {len(tags)}. Take some out."
    if long := [tag for tag in tags if len(tag) > MAX_TAG_CHARS]:
        return f"A tag can have at most {MAX_TAG_CHARS} characters. Shorten {long[0][:MAX_TAG_CHARS]!r}."
    return ""


def _is_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def _tidy_tags(tags: Sequence[str]) -> list[str]:
    """Trim tags and the sign that some people write before them; one that comes again, in whatever case, counts once."""
    plain = (" ".join(tag.split()).lstrip("#").strip() for tag in tags)
    return list({tag.casefold(): tag for tag in reversed([tag for tag in plain if tag])}.values())[::-1]


def _check_cover(value: Any, wrong: dict[str, list[str]]) -> str | None:
    if value is None or value == "":
        return None
    asset_id = value.strip().removeprefix("asset:") if isinstance(value, str) else ""
    if not _ASSET_ID.fullmatch(asset_id):
        wrong["cover"] = ["This must be the id of a picture. Choose one from the library."]
        return None
    return asset_id


def _check_end(value: Any, wrong: dict[str, list[str]]) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        wrong["unpublish_at"] = ["This must be a moment with a time zone, like 2030-05-01T09:00:00+02:00."]
        return None
    if value <= timezone.now():
        wrong["unpublish_at"] = ["This is in the past. Choose a later moment."]
    return value.astimezone(UTC)


def _check_overrides(value: Any, wrong: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    if not isinstance(value, Mapping) or not all(isinstance(one, Mapping) for one in value.values()):
        wrong["overrides"] = ["This must map ids of accounts to what is different there."]
        return {}
    if len(value) > MAX_OVERRIDES:
        wrong["overrides"] = [f"A post can differ on at most {MAX_OVERRIDES} accounts."]
        return {}
    accounts = _accounts_of(value)
    kept: dict[str, dict[str, Any]] = {}
    for key, given in value.items():
        account = accounts.get(str(key))
        if account is None:
            wrong[f"overrides.{clean_text(str(key))[:40]}"] = ["There is no such account. Take this out."]
        elif override := _check_override(str(key), given, account, wrong):
            kept[str(key)] = override
    return kept


def _accounts_of(overrides: Mapping[Any, Any]) -> dict[str, PlatformAccount]:
    ids = [int(key) for key in map(str, overrides) if key.isascii() and key.isdigit() and len(key) < 19]
    return {str(account.pk): account for account in PlatformAccount.objects.filter(pk__in=ids)}


def _check_override(
    key: str, given: Mapping[str, Any], account: PlatformAccount, wrong: dict[str, list[str]]
) -> dict[str, Any]:
    """Return what is different on an account. What is left empty is no difference."""
    prefix = f"overrides.{key}."
    texts = _check_texts({name: one for name, one in given.items() if name in OVERRIDABLE}, wrong, prefix)
    kept: dict[str, Any] = {name: text for name, text in texts.items() if text}
    for name in given.keys() - {*OVERRIDABLE, "options"}:
        choices = ", ".join((*OVERRIDABLE, "options"))
        wrong[f"{prefix}{clean_text(str(name))[:40]}"] = [f"This cannot differ by account. Choose from: {choices}."]
    if "options" in given:
        options = given["options"] if isinstance(given["options"], Mapping) else {}
        fitting, complaints = check_options(find_platform(account.platform).info, options)
        if not isinstance(given["options"], Mapping):
            wrong[f"{prefix}options"] = ["This must map options to their values."]
        wrong.update({f"{prefix}options.{name}": said for name, said in complaints.items()})
        if fitting:
            kept["options"] = fitting
    return kept
