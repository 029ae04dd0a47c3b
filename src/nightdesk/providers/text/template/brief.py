"""What a brief says: product, audience, facts and points, the most telling first."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from nightdesk.providers.text.protocol import BrandVoice, PieceRequest
from nightdesk.providers.text.template.languages import LanguagePack, Tone, find_pack
from nightdesk.providers.text.template.notes import ARTICLES, NAME_LENGTH, SPLIT_NAME, BriefNotes, take_notes
from nightdesk.providers.text.template.phrases import find_key_phrases, find_points
from nightdesk.providers.text.template.sentences import as_sentence, capitalise, clean, split_clauses, strip_end
from nightdesk.providers.text.template.tones import read_tone

#: Longer audiences lose what follows their first comma: they describe a market, not a reader.
_AUDIENCE_LENGTH: Final = 60
_DESCRIPTION_LENGTH: Final = 160
#: A sentence of this many characters says something and can still be read in one go.
_GOOD_LENGTH: Final = range(25, 140)
#: Reading stops here: nobody's piece needs more of a brief than this.
_MOST_FACTS: Final = 60
_MOST_POINTS: Final = 60

_AGES: Final = re.compile(r",?\s*\(?\b(?:aged?\s+)?\d{2}\s*(?:[-\u2013]|to|bis|à|a)\s*\d{2}\b\)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A brief as the patterns need it. Empty where the brief does not say."""

    pack: LanguagePack
    tone: Tone
    product: str  # a name, or a noun phrase such as "our new oat drink"
    named: bool  # `product` is a name
    description: str  # what the product is: "a compact espresso machine that ..."
    audience: str
    facts: tuple[str, ...]  # whole sentences in the brief's order, without what product and description already say
    best: tuple[str, ...]  # the same, the most telling first
    points: tuple[str, ...]  # phrases of at most 80 characters, the most telling first
    key_phrases: tuple[str, ...]
    names: tuple[str, ...]  # what it is about in two or three words: for hashtags and paths
    link: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the brief is about; `source` is the sentence that says no more than this."""

    product: str = ""
    named: bool = False
    description: str = ""
    source: str = ""


def read_brief(request: PieceRequest) -> Reading:
    """Read a request. The same request always reads the same."""
    text = clean(request.brief)
    pack = find_pack(request.language, text)
    notes = take_notes(text, pack)
    sentences = notes.sentences or notes.points or notes.headings
    kit = request.brand or BrandVoice()
    subject = _find_subject(" ".join(clean(request.product).split()), notes, sentences, pack)
    facts = tuple(as_sentence(text) for text in sentences[:_MOST_FACTS] if text != subject.source)
    return Reading(
        pack=pack,
        tone=read_tone(request.tone.strip() or notes.tone or kit.voice),
        product=subject.product,
        named=subject.named,
        description=subject.description,
        audience=_read_audience(clean(request.audience) or notes.audience or clean(kit.audience), pack),
        facts=facts,
        best=tuple(sorted(facts, key=lambda fact: -_score(fact, facts.index(fact), pack))),
        points=tuple(islice(_rank_points(notes.points, [subject.description, *facts], pack), _MOST_POINTS)),
        key_phrases=tuple(find_key_phrases([subject.product, *notes.points, *facts], pack)[:_MOST_POINTS]),
        names=tuple(_find_names(subject, facts, pack)),
        link=notes.link,
    )


def _find_subject(given: str, notes: BriefNotes, sentences: Sequence[str], pack: LanguagePack) -> _Subject:
    """Find what it is about: what was given, what a form or an announcement names, a name in a sentence, a topic."""
    name, rest = _split_product(given or notes.product)
    if name and rest:
        return _Subject(name, named=True, description=rest)
    if name and notes.description and name.casefold() == notes.product.casefold():
        return _Subject(name, named=True, description=_fit(notes.description), source=notes.source)
    name = name or _infer_name(sentences, pack)
    if name:
        source, description = _find_description(sentences, name, pack)
        return _Subject(name, named=True, description=_fit(description), source=source if _fit(description) else "")
    said = next((text for text in sentences if strip_end(text).casefold() == notes.topic.casefold()), "")
    return _Subject(notes.topic, source=said)


def _fit(description: str) -> str:
    stripped = strip_end(description)
    return stripped if len(stripped) <= _DESCRIPTION_LENGTH else ""


def _split_product(given: str) -> tuple[str, str]:
    """Take "Nimbus, a compact machine" apart into a name and a description."""
    parts = SPLIT_NAME.split(given, maxsplit=1)
    name, rest = parts[0], _fit(parts[1]) if len(parts) > 1 else ""
    return (name, rest) if name and len(name) <= NAME_LENGTH else ("", "")


def _infer_name(sentences: Iterable[str], pack: LanguagePack) -> str:
    """Find a name that the brief gives to what it is about; "" where there is none."""
    for sentence in sentences:
        if named := pack.naming.search(sentence):
            return named["name"].rstrip(".")
        found = pack.copula.match(sentence)
        if found and found["what"] and _is_name(found["name"], pack):
            return found["name"].rstrip(",")
    return ""


def _is_name(text: str, pack: LanguagePack) -> bool:
    """Whether words with capitals before "is a ..." are a name: "Nimbus", "Le Petit Four", but not "This" or "Our Shop"."""
    first, *more = text.rstrip(",").split()
    if len(text) > NAME_LENGTH:
        return False
    if first.casefold() in ARTICLES:
        return not pack.capital_nouns and any(word[0].isupper() for word in more)
    return first.casefold() not in pack.small_words | pack.weak_starts


def _find_description(sentences: Iterable[str], product: str, pack: LanguagePack) -> tuple[str, str]:
    """Find the sentence that says what the product is, and what it says. Both empty where there is none."""
    for sentence in sentences:
        if not sentence.casefold().startswith(product.casefold()):
            continue
        found = pack.copula.match("X" + sentence[len(product) :])
        if found and found["what"]:
            return sentence, found["what"]
    return "", ""


def _find_names(subject: _Subject, facts: Iterable[str], pack: LanguagePack) -> Iterator[str]:
    """Give the name, or the core of the topic, or a first clause that is nothing but a name; then what is said often."""
    if subject.named:
        yield subject.product
    elif subject.product:
        yield from find_key_phrases([subject.product], pack)[:1]
    else:
        first = next((split_clauses(fact)[:1] for fact in facts), [])
        yield from (phrase for phrase in find_key_phrases(first, pack) if [phrase] == first and " " in phrase)
    yield from find_key_phrases(facts, pack, least=2)


def _read_audience(text: str, pack: LanguagePack) -> str:
    text = _AGES.sub("", strip_end(text.split("\n", maxsplit=1)[0].split(";", maxsplit=1)[0])).strip(" ,")
    if len(text) > _AUDIENCE_LENGTH:
        text = re.split(r"[,(.]", text)[0].strip()
    first, _, rest = text.partition(" ")
    if first.casefold() in pack.plain_audience and first[1:].islower():
        text = f"{first.lower()} {rest}".strip()
    return text if len(text) <= 2 * _AUDIENCE_LENGTH else ""


def _score(fact: str, place: int, pack: LanguagePack) -> float:
    score = min(len(pack.benefit.findall(fact)), 4) + 2.0 / (1 + place)
    first = fact.split(" ", 1)[0].casefold().rstrip(",")
    if first in pack.weak_starts:
        score -= 2
    return score + (1 if len(fact) in _GOOD_LENGTH else 0)


def _rank_points(given: list[str], texts: Iterable[str], pack: LanguagePack) -> Iterator[str]:
    """Give the brief's own bullets first, then phrases out of its sentences; none twice."""
    seen: set[str] = set()
    found = [point for text in texts for point in find_points(text, pack)]
    for point in [*map(capitalise, given), *sorted(found, key=lambda point: -len(pack.benefit.findall(point)))]:
        if point.casefold() not in seen:
            seen.add(point.casefold())
            yield point
