"""Whether a text keeps to a brand kit: which words to avoid it holds, and how that is said."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

#: Scripts whose words are not set apart by spaces: Thai, Lao, Myanmar, Khmer, kana, Han.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_MOST_QUOTED: Final = 8


def find_forbidden(texts: Iterable[str], words: Iterable[str]) -> list[str]:
    """Return the words to avoid that stand in one of the texts, in the order given. Case and accents' form do not matter.

    A word is found as a whole word: "cheap" is not found in "cheaper". Where words are not set apart by spaces (Chinese,
    Japanese, Thai), it is found anywhere.
    """
    said = [_plain(text) for text in texts]
    return [word for word in words if (plain := _plain(word).strip()) and any(_holds(text, plain) for text in said)]


def texts_of(fields: Mapping[str, Any]) -> list[str]:
    """List all texts of a piece's fields."""
    return [text for value in fields.values() for text in (value if isinstance(value, list) else [value]) if text]


def quote_words(words: Sequence[str]) -> str:
    """List words in quotation marks, the first few by name."""
    more = len(words) - _MOST_QUOTED
    return ", ".join(f"“{word}”" for word in words[:_MOST_QUOTED]) + (f" and {more} more" if more > 0 else "")


def say_forbidden(fields: Mapping[str, Any], words: Iterable[str]) -> list[str]:
    """Say which words to avoid a piece holds: one sentence, or none. Everybody says it in the same words."""
    used = find_forbidden(texts_of(fields), words)
    return (
        [f"It says {quote_words(used)}, which the brand kit forbids. Edit the text, or change the kit."] if used else []
    )


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _holds(text: str, word: str) -> bool:
    # \w on both sides would never match between two characters of a script without spaces.
    if _UNSPACED.search(word):
        return word in text
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
