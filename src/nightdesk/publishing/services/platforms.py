"""Which platforms there are: the adapters of the registry, and our own journal."""

from collections.abc import Mapping
from typing import Any, Final

from nightdesk.core.errors import InvalidInput
from nightdesk.core.redaction import clean_text
from nightdesk.providers.publishing.protocol import Field, Platform, PlatformInfo, Publisher
from nightdesk.providers.publishing.registry import find_publisher
from nightdesk.publishing.services.journal import Journal

#: What a flag may be; it is off where it is left empty.
FLAGS: Final = ("true", "false")

_JOURNAL: Final[Publisher] = Journal()


def find_platform(platform: str) -> Publisher:
    """Return the adapter of a platform, one for the process.

    Raises:
        InvalidInput: there is no such platform.
    """
    try:
        wanted = Platform(platform)
    except ValueError:
        raise InvalidInput(details={"platform": [_no_such(platform)]}) from None
    return _JOURNAL if wanted is Platform.JOURNAL else find_publisher(wanted)


def _no_such(platform: str) -> str:
    return f"There is no platform {clean_text(platform)[:40]!r} here. Choose one of {', '.join(Platform)}."


def list_platforms() -> tuple[PlatformInfo, ...]:
    """Describe every platform, the journal first."""
    return tuple(find_platform(platform).info for platform in Platform)


def check_options(info: PlatformInfo, given: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the options of a platform trimmed, and what is wrong with them, by name."""
    return _check(info.title, info.options, given)


def check_credentials(info: PlatformInfo, given: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return what opens an account, trimmed and with defaults, and what is wrong with it, by name.

    What is said never repeats a value.
    """
    kept, wrong = _check(info.title, info.credentials, given)
    for field in info.credentials:
        if field.name not in wrong:
            kept[field.name] = kept.get(field.name) or field.default
            if field.is_required and not kept[field.name]:
                wrong[field.name] = [f"{info.title} needs this. {field.help}".strip()]
    return kept, wrong


def _check(
    title: str, fields: tuple[Field, ...], given: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    known = {field.name: field for field in fields}
    kept: dict[str, str] = {}
    wrong: dict[str, list[str]] = {}
    for name, value in given.items():
        if name not in known:
            choices = f"Choose from: {', '.join(known)}." if known else "Leave it out."
            wrong[clean_text(name)[:120]] = [f"{title} has no such field. {choices}"]
        elif complaint := _complain(known[name], value):
            wrong[name] = [complaint]
        else:
            kept[name] = value.strip()
    return kept, wrong


def _complain(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        return "This must be text."
    text = value.strip()
    if clean_text(text) != text:
        return "This text holds a NUL character or half a character. Remove it."
    if len(text) > field.most_chars:
        return f"This must have at most {field.most_chars} characters."
    allowed = FLAGS if field.kind == "flag" else tuple(value for value, _ in field.choices)
    if text and allowed and text not in allowed:
        return f"This must be one of {', '.join(allowed)}."
    if text and field.kind == "url" and not text.lower().startswith(("https://", "http://")):
        return "This must be an address like https://example.com."
    return ""
