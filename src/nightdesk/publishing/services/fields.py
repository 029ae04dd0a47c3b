"""The content fields of a post, checked."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

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
from nightdesk.publishing.services.accounts import check_options
from nightdesk.publishing.services.content import missing_pictures
from nightdesk.publishing.services.platforms import find_platform

_MOST: Final = {
    "title": MAX_TITLE_CHARS,
    "body": MAX_BODY_CHARS,
    "excerpt": MAX_EXCERPT_CHARS,
    "canonical_url": MAX_URL_CHARS,
    "cover_alt": 1_000,
}
_OWN: Final = frozenset({"title", "body", "excerpt", "tags", "canonical_url", "options"})


def check_fields(given: Mapping[str, Any], *, restored: bool = False) -> dict[str, Any]:
    """Return content fields as they are stored. `restored`: of an old revision, so what is gone meanwhile is left out.

    Raises:
        InvalidInput: with details by field.
    """
    details: dict[str, list[str]] = {}
    read = _check_texts(given, details)
    if "tags" in given:
        read["tags"] = _check_tags(given["tags"], details, "tags")
    if "cover" in given:
        read["cover"] = str(given["cover"] or "")
    if "overrides" in given:
        read["overrides"] = _check_overrides(given["overrides"] or {}, details, restored=restored)
    if missing := missing_pictures(content=read):
        _complain_of_pictures(read, missing, details, restored=restored)
    if details:
        raise InvalidInput(details=details)
    return read


def _check_texts(given: Mapping[str, Any], details: dict[str, list[str]], prefix: str = "") -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, most in _MOST.items():
        if name not in given:
            continue
        text = clean_text(str(given[name] or ""))
        text = text.replace("\r\n", "\n") if name in ("body", "excerpt") else " ".join(text.split())
        if len(text) > most:
            details[prefix + name] = [f"This has {len(text)} characters; at most {most} are kept. Shorten it."]
        elif name == "canonical_url" and text and not _is_address(text):
            details[prefix + name] = ["This must be an address like https://example.com/post, or empty."]
        else:
            read[name] = text
    return read


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username


def _check_tags(given: Any, details: dict[str, list[str]], name: str) -> list[str]:
    words = given.split(",") if isinstance(given, str) else list(given or [])
    tags: dict[str, str] = {}
    for word in words:
        tag = " ".join(clean_text(str(word)).split()).removeprefix("#")
        if len(tag) > MAX_TAG_CHARS:
            details[name] = [f"A tag has at most {MAX_TAG_CHARS} characters."]
        elif tag:
            tags.setdefault(tag.casefold(), tag)
    if len(tags) > MAX_TAGS:
        details[name] = [f"There are {len(tags)} tags; at most {MAX_TAGS} are kept. Remove {len(tags) - MAX_TAGS}."]
    return list(tags.values())


def _check_overrides(given: Mapping[str, Any], details: dict[str, list[str]], *, restored: bool) -> dict[str, Any]:
    ids = [int(key) for key in given if str(key).isdecimal() and len(str(key)) < 19]
    accounts = {str(one.pk): one for one in PlatformAccount.objects.filter(pk__in=ids, disconnected_at=None)}
    read: dict[str, Any] = {}
    for key, own in given.items():
        account = accounts.get(str(key))
        if account is None or not isinstance(own, Mapping):
            if not restored:
                details[f"overrides.{key}"] = ["There is no such account. Look at the list of accounts."]
            continue
        if odd := sorted(own.keys() - _OWN):
            details[f"overrides.{key}.{odd[0]}"] = ["This cannot differ from account to account."]
            continue
        kept = _check_override(account, own, details, f"overrides.{key}.")
        if kept:
            read[str(key)] = kept
    return read


def _check_override(
    account: PlatformAccount, own: Mapping[str, Any], details: dict[str, list[str]], prefix: str
) -> dict[str, Any]:
    texts = _check_texts({name: value for name, value in own.items() if name in _MOST}, details, prefix)
    kept = {name: text for name, text in texts.items() if text}
    if own.get("tags"):
        kept["tags"] = _check_tags(own["tags"], details, f"{prefix}tags")
    try:
        options = check_options(find_platform(account.platform).info.options, own.get("options") or {})
    except InvalidInput as refused:
        details.update({f"{prefix}{name}": said for name, said in refused.details.items()})
        options = {}
    return {**kept, "options": options} if options else kept


def _complain_of_pictures(
    read: dict[str, Any], missing: list[str], details: dict[str, list[str]], *, restored: bool
) -> None:
    if read.get("cover") in missing:
        if restored:
            read["cover"] = ""
        else:
            details["cover"] = ["This picture is not there. Choose one from the library that is ready."]
    inline = [one for one in missing if one != read.get("cover")]
    if inline and not restored:
        details["body"] = [f"The picture asset:{inline[0]} is not there. Choose one from the library that is ready."]
