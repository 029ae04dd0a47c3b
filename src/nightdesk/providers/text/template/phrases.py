"""Short phrases that stand on their own: for headlines, bullets, paths and hashtags."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from nightdesk.providers.text.template.languages.pack import LanguagePack
from nightdesk.providers.text.template.sentences import capitalise, split_clauses, strip_end

#: A point longer than this is a sentence, not a bullet.
POINT_LENGTH: Final = 80
_HASHTAG_LENGTH: Final = 24
_KEY_WORDS: Final = 3  # words in a key phrase, at most
_WORD: Final = re.compile(r"[\w'\u2019+&%.\u20ac$-]+")
# By what lies between words: vowel signs of Thai or Hindi are no letters for \\w, yet belong to their word.
_BETWEEN_WORDS: Final = re.compile(
    r"[\s!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u205e\u3000-\u3003\u3008-\u3011\uff00-\uff0f]+"
)


def find_points(sentence: str, pack: LanguagePack) -> Iterator[str]:
    """Give the phrases of a sentence that can stand alone, the fullest first: itself, its clauses, its ends."""
    whole = strip_end(sentence)
    candidates = [whole, *split_clauses(sentence)]
    if pack.relative:
        candidates += [tail for part in candidates for tail in pack.relative.split(part)[1:]]
    for candidate in candidates:
        phrase = _trim(candidate, pack)
        if _stands_alone(phrase, pack) and len(phrase) <= POINT_LENGTH:
            yield capitalise(phrase)


def shorten_phrase(phrase: str, fits: Callable[[str], bool], pack: LanguagePack) -> str:
    """Return the longest start of a phrase that fits and ends where a phrase may end; "" if there is none."""
    if fits(phrase):
        return phrase
    first = next(iter(split_clauses(phrase)), "")
    if first != phrase and fits(first) and _stands_alone(first, pack):
        return first
    parts = phrase.split(" ")
    for count in range(len(parts) - 1, 1, -1):
        if parts[count].casefold() not in pack.breaks:
            continue
        start = " ".join(parts[:count]).rstrip(",;:\u2013- ")
        if fits(start) and _stands_alone(start, pack) and _tells(start, pack):
            return start
    return ""


def _tells(start: str, pack: LanguagePack) -> bool:
    """Whether two words of a shortened phrase carry meaning: "we open" alone says nothing."""
    return sum(word.casefold() not in pack.small_words for word in start.split()) >= 2


def _trim(phrase: str, pack: LanguagePack) -> str:
    """Take joining words off the start."""
    first, _, rest = phrase.partition(" ")
    return rest if rest and first.casefold() in pack.weak_starts & pack.breaks else phrase


def _stands_alone(phrase: str, pack: LanguagePack) -> bool:
    parts = _WORD.findall(phrase.casefold())
    if len(parts) < 2 and (pack.small_words or len(phrase) < 2):
        return False
    first, last = parts[0] if parts else "", parts[-1] if parts else ""
    return first not in pack.weak_starts and first not in pack.breaks and last not in pack.small_words


def find_key_phrases(texts: Iterable[str], pack: LanguagePack, least: int = 1) -> list[str]:
    """Give runs of telling words, the most repeated and longest first (after Rose et al., RAKE, 2010).

    `least`: leave out what occurs fewer times.
    """
    counts: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for text in texts:
        for run in _runs(text, pack):
            phrase = " ".join(run[:_KEY_WORDS] if pack.head_first else run[-_KEY_WORDS:])
            counts[phrase.casefold()] += 1
            spelled.setdefault(phrase.casefold(), phrase)
    # A sort keeps the order of what is equal: the order of the brief.
    ranked = sorted(spelled, key=lambda key: -counts[key] * len(key.split()))
    return [spelled[key] for key in ranked if counts[key] >= least]


def _runs(text: str, pack: LanguagePack) -> Iterator[list[str]]:
    for clause in split_clauses(text):
        run: list[str] = []
        for word in clause.split():
            bare = word.strip(".,;:!?\"'\u201c\u201d\u00ab\u00bb()")
            telling = len(bare) > 2 and bare.casefold() not in pack.small_words and any(map(str.isalpha, bare))
            if telling:
                run.append(bare)
            elif run:
                yield run
                run = []
        if run:
            yield run


def make_hashtag(phrase: str) -> str:
    """Write a phrase as one hashtag in capitals per word; "" where it would be too long or says nothing."""
    parts = [part for part in _BETWEEN_WORDS.split(phrase) if part]
    tag = "".join(part[:1].upper() + part[1:] for part in parts)
    return f"#{tag}" if 2 <= len(tag) <= _HASHTAG_LENGTH and not tag.isdigit() else ""


def make_path(phrase: str, fits: Callable[[str], bool], pack: LanguagePack) -> str:
    """Write the core of a phrase, as many whole words as fit, for a display path; "" where not even one fits."""
    parts = [part for part in _BETWEEN_WORDS.split(phrase) if part]
    path = ""
    for part in parts if pack.head_first else reversed(parts):
        longer = "-".join(filter(None, [path, part] if pack.head_first else [part, path]))
        if not fits(longer):
            break
        path = longer
    return path
