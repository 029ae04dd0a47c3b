"""Whether what people say about a campaign can be kept and written from: the one place for pages, API and scripts."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from nightdesk.campaigns.models import (
    MAX_AUDIENCE_CHARS,
    MAX_BRIEF_CHARS,
    MAX_LANGUAGE_CHARS,
    MAX_NAME_CHARS,
    MAX_PRODUCT_CHARS,
    MAX_TONE_CHARS,
)
from nightdesk.core.errors import InvalidInput
from nightdesk.core.redaction import clean_text
from nightdesk.providers.text.channels import Channel

#: BCP 47 (RFC 5646): a language, then script, region and variants.
LANGUAGE_TAG: Final = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$"
_LANGUAGE_TAG: Final = re.compile(LANGUAGE_TAG)


def check_campaign(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as they will be kept: trimmed, channels once each and in the order given.

    Raises:
        InvalidInput: `details` names every field that is wrong.
    """
    return check_fields(fields, _CHECKS)


def check_fields(fields: Mapping[str, Any], checks: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Return each field as its check gives it back; a check complains with `ValueError`.

    Raises:
        InvalidInput: `details` names every field that is wrong.
    """
    kept: dict[str, Any] = {}
    details: dict[str, list[str]] = {}
    for name, value in fields.items():
        try:
            kept[name] = checks[name](value)
        except ValueError as complaint:
            details[name] = [str(complaint)]
    if details:
        raise InvalidInput(details=details)
    return kept


def check_text(most: int, *, required: str = "") -> Callable[[Any], str]:
    """Make the check of a text: trimmed, storable, at most `most` characters; `required` says what is missing."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("This must be text.")  # noqa: TRY004 (a complaint about input, not a bug)
        text = value.strip()
        if clean_text(text) != text:
            raise ValueError("This text holds a NUL character or half a character. Remove it.")
        if len(text) > most:
            raise ValueError(f"This must have at most {most:,} characters; it has {len(text):,}. Shorten it.")
        if required and not any(char.isprintable() and not char.isspace() for char in text):
            raise ValueError(required)
        return text

    return check


def _check_channels(value: Any) -> list[str]:
    known = [channel.value for channel in Channel]
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"Choose at least one channel of: {', '.join(known)}.")
    channels = [str(channel) for channel in value]
    for channel in channels:
        if channel not in known:
            raise ValueError(f"There is no channel {channel[:40]!r}. Choose from: {', '.join(known)}.")
    if len(set(channels)) < len(channels):
        raise ValueError("A channel is named twice. Name each once.")
    return channels


def _check_language(value: Any) -> str:
    text = check_text(MAX_LANGUAGE_CHARS)(value).replace("_", "-")
    if not _LANGUAGE_TAG.match(text):
        raise ValueError("This must be a language tag such as en, de or pt-BR.")
    return text


_CHECKS: Final[dict[str, Callable[[Any], Any]]] = {
    "name": check_text(MAX_NAME_CHARS, required="Give the campaign a name."),
    "brief": check_text(MAX_BRIEF_CHARS, required="Say in a few sentences what the campaign is about."),
    "product": check_text(MAX_PRODUCT_CHARS),
    "audience": check_text(MAX_AUDIENCE_CHARS),
    "tone": check_text(MAX_TONE_CHARS),
    "channels": _check_channels,
    "language": _check_language,
}
