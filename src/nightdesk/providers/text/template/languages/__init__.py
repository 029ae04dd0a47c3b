"""The patterns of each language, and how a text's language is guessed."""

import re
from collections import Counter
from typing import Final

from nightdesk.providers.text.template.languages.de import GERMAN
from nightdesk.providers.text.template.languages.en import ENGLISH
from nightdesk.providers.text.template.languages.es import SPANISH
from nightdesk.providers.text.template.languages.fr import FRENCH
from nightdesk.providers.text.template.languages.neutral import NEUTRAL
from nightdesk.providers.text.template.languages.pack import LanguagePack, Tone

PACKS: Final[dict[str, LanguagePack]] = {pack.code: pack for pack in (ENGLISH, GERMAN, FRENCH, SPANISH)}
#: BCP 47: the language is not known.
UNDETERMINED: Final = "und"

_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f]")
#: So many words of a brief are enough to tell its language.
_SAMPLE_WORDS: Final = 400


def find_pack(language: str, text: str) -> LanguagePack:
    """Choose patterns for a BCP 47 tag; the wordless set where we have none, or where the text is in another script."""
    pack = PACKS.get(re.split(r"[-_]", language.casefold())[0], NEUTRAL)
    return pack if _is_latin(text) else NEUTRAL


def guess_language(text: str) -> str:
    """Guess a text's language from its small words: `en`, `de`, `fr`, `es`; `und` for another script or no sign at all.

    Latin text without any of those words (a name, a slogan) counts as English.
    """
    if not _is_latin(text):
        return UNDETERMINED
    words = Counter(_WORD.findall(text.casefold())[:_SAMPLE_WORDS])
    scores = {code: _score(words, pack) for code, pack in PACKS.items()}
    best = max(scores, key=lambda code: scores[code])
    if scores[best]:
        return best
    return ENGLISH.code if sum(words.values()) < 5 else UNDETERMINED


def _score(words: Counter[str], pack: LanguagePack) -> int:
    return sum(times * (2 * (word in pack.signs) + (word in pack.small_words)) for word, times in words.items())


def _is_latin(text: str) -> bool:
    letters = sum(char.isalpha() for char in text[:4000])
    return len(_LATIN.findall(text[:4000])) * 2 >= letters


__all__ = ["NEUTRAL", "PACKS", "UNDETERMINED", "LanguagePack", "Tone", "find_pack", "guess_language"]
