"""How long a text is, as each platform counts it. Always after NFC: an accent typed apart counts once."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from nightdesk.providers.text.channels import Unit

#: twitter-text config v3: a link of any length counts as this many.
X_LINK_LENGTH: Final = 23
#: twitter-text config v3: code points that count as one; every other counts as two.
_X_LIGHT: Final = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_LINK: Final = re.compile(r"(?i)\bhttps?://[^\s/?#]{1,253}\.[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?")
# X also links names without a scheme, but only under real top-level domains, which we do not list.
_BARE_NAME: Final = re.compile(r"(?i)\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}\b(?:/\S*)?")
_PICTOGRAPH: Final = (
    "[\u231a-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\u2190-\u21ff\u00a9\u00ae\U0001f000-\U0001faff]"
)
#: One emoji as it is seen: flag, key cap, or a pictograph with its tone, style and joined companions.
_EMOJI: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|[0-9#*]\ufe0f?\u20e3"
    f"|{_PICTOGRAPH}[\ufe0f\U0001f3fb-\U0001f3ff]*(?:\u200d{_PICTOGRAPH}[\ufe0f\U0001f3fb-\U0001f3ff]*)*"
)
_EMOJI_WEIGHT: Final = 2


def count_text(text: str, unit: Unit) -> int:
    """Count a text the way its platform does. Never counts less than the platform, at worst a little more."""
    return _COUNTERS[unit](unicodedata.normalize("NFC", text))


def _count_double_width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _count_weighted(text: str) -> int:
    links = _LINK.findall(text)
    text = _LINK.sub("", text)
    names = _BARE_NAME.findall(text)
    text = _BARE_NAME.sub("", text)
    emoji = len(_EMOJI.findall(text))
    text = _EMOJI.sub("", text)
    return (
        X_LINK_LENGTH * len(links)
        + sum(max(X_LINK_LENGTH, _count_weights(name)) for name in names)
        + _EMOJI_WEIGHT * emoji
        + _count_weights(text)
    )


def _count_weights(text: str) -> int:
    return sum(1 if any(low <= ord(char) <= high for low, high in _X_LIGHT) else 2 for char in text)


_COUNTERS: Final[dict[Unit, Callable[[str], int]]] = {
    Unit.CHARACTERS: len,
    Unit.DOUBLE_WIDTH: _count_double_width,
    Unit.WEIGHTED: _count_weighted,
}
