"""What a brief says: product, audience, facts, points; and what of it is only meant for the writer."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from nightdesk.providers.text.protocol import PieceRequest
from nightdesk.providers.text.template.languages import NEUTRAL, LanguagePack, Tone, find_pack
from nightdesk.providers.text.template.phrases import find_key_phrases, find_points, shorten_phrase
from nightdesk.providers.text.template.sentences import (
    Block,
    as_sentence,
    capitalise,
    clean,
    split_blocks,
    split_clauses,
    split_sentences,
    strip_end,
)
from nightdesk.providers.text.template.tones import read_tone

#: Longer audiences lose what follows their first comma: they describe a market, not a reader.
_AUDIENCE_LENGTH: Final = 60
_NAME_LENGTH: Final = 60
_DESCRIPTION_LENGTH: Final = 160
#: A sentence of this many characters says something and can still be read in one go.
_GOOD_LENGTH: Final = range(25, 140)
#: Reading stops here: nobody's piece needs more of a brief than this.
_MOST_FACTS: Final = 60
_MOST_POINTS: Final = 60
_WORDS_BESIDES_LINK: Final = 3
#: A topic may come after an adverb or two: "Wir eröffnen im Mai unsere Werkstatt".
_TOPIC_WITHIN: Final = 40

_LINK: Final = re.compile(r"\b(?i:https?)://[^\s<>\"'\u201d)]+[^\s<>\"'\u201d).,;:!?]")
_LINK_IN_TEXT: Final = re.compile(
    rf"(?i)\s*(?:[:\u2013-]|\b(?:at|on|visit|via|see|under|unter|auf|siehe|sur|voir|en|visita))?\s*{_LINK.pattern}"
)
_AGES: Final = re.compile(r",?\s*\(?\b(?:aged?\s+)?\d{2}\s*(?:[-\u2013]|to|bis|à|a)\s*\d{2}\b\)?")
_POSSESSIVE: Final = re.compile(r"(?i)\b(?:our|unser\w*|notre|nos|nuestr\w+)\s+\w")
_ARTICLES: Final = frozenset(
    ["a", "an", "the", "ein", "eine", "der", "die", "das", "un", "une", "le", "la", "una", "el"]
)
_SPLIT_NAME: Final = re.compile(r"\s*(?:,|:|;|\s[\u2013\u2014-]\s|\()\s*")
_OWN: Final = re.compile(
    r"(?i)^(?:our|the|a|an|unser\w*|de[rnm]|d(?:ie|as)|ein\w*|notre|nos|l[ea]s?|une?|nuestr\w+|el|l[ao]s?|una?)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A brief as the patterns need it. Empty where the brief does not say."""

    pack: LanguagePack
    tone: Tone
    product: str  # a name, or a noun phrase such as "our new oat drink"
    named: bool  # `product` is a name
    description: str  # what the product is: "a compact espresso machine that ..."
    audience: str
    facts: tuple[str, ...]  # whole sentences in the brief's order, without the one that `description` was taken from
    best: tuple[str, ...]  # the same, the most telling first
    points: tuple[str, ...]  # phrases of at most 80 characters, the most telling first
    key_phrases: tuple[str, ...]
    names: tuple[str, ...]  # what it is about in two or three words: for hashtags and paths
    link: str


@dataclass(slots=True)
class _Notes:
    """What is gathered while reading."""

    sentences: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    product: str = ""
    description: str = ""
    source: str = ""  # the sentence that the description was taken from
    audience: str = ""
    link: str = ""
    topic: str = ""


def read_brief(request: PieceRequest) -> Reading:
    """Read a request. The same request always reads the same."""
    text = clean(request.brief)
    pack = find_pack(request.language, text)
    notes = _gather(text, pack)
    given = " ".join(clean(request.product).split())
    product, description = _split_product(given or notes.product)
    named = bool(product)
    sentences = notes.sentences or notes.points or notes.headings
    if not product:
        product, named = _infer_product(sentences, notes.topic, pack)
    source, described = _find_description(sentences, product if named else "", pack)
    if notes.description and not given:
        source, described = notes.source, strip_end(notes.description)
    if description:
        source, described = "", description
    facts = tuple(as_sentence(text) for text in sentences[:_MOST_FACTS] if text != source)
    return Reading(
        pack=pack,
        tone=read_tone(request.tone),
        product=product,
        named=named,
        description=described if len(described) <= _DESCRIPTION_LENGTH else "",
        audience=_read_audience(clean(request.audience) or notes.audience, pack),
        facts=facts,
        best=tuple(sorted(facts, key=lambda fact: -_score(fact, facts.index(fact), pack))),
        points=tuple(islice(_rank_points(notes.points, [described, *facts], pack), _MOST_POINTS)),
        key_phrases=tuple(find_key_phrases([product, *notes.points, *facts], pack)[:_MOST_POINTS]),
        names=tuple(_find_names(product, named, facts, pack)),
        link=notes.link,
    )


def _gather(text: str, pack: LanguagePack) -> _Notes:
    notes = _Notes()
    for block in split_blocks(text, frozenset(pack.labels)):
        if found := _LINK.search(block.text):
            notes.link = notes.link or found[0]
        if block.heading:
            notes.headings.append(block.text)
            continue
        _take(block, pack.labels.get(block.label, "fact"), notes, pack)
    return notes


def _take(block: Block, role: str, notes: _Notes, pack: LanguagePack) -> None:
    text = block.text
    if role == "link":
        return
    if role == "":
        return
    if role == "product" and not notes.product:
        notes.product = text
    elif role == "audience":
        notes.audience = notes.audience or text
    elif block.bullet or role == "point":
        _take_point(text, block.bullet, notes, pack)
    else:
        _take_sentences(text, notes, pack)


def _take_point(text: str, bullet: bool, notes: _Notes, pack: LanguagePack) -> None:
    parts = [text] if bullet else re.split(r"\s*[;,]\s+", strip_end(text))
    for part in parts:
        said = strip_end(_without_link(part))
        if said and not pack.private.search(part):
            notes.points.append(said)


def _take_sentences(text: str, notes: _Notes, pack: LanguagePack) -> None:
    for sentence in split_sentences(text):
        lead_in, announced = pack.lead_ins.match(sentence), pack.announces.match(sentence)
        said = _without_link(sentence[lead_in.end() :].strip() if lead_in else sentence)
        if pack.private.search(said):
            continue
        if found := announced or lead_in:
            _take_subject(_without_link(sentence[found.end() :].strip()), capitalise(said), notes, pack)
        if any(char.isalnum() for char in said) or (said and pack is NEUTRAL):
            notes.sentences.append(capitalise(said))


def _take_subject(said: str, sentence: str, notes: _Notes, pack: LanguagePack) -> None:
    """Read what the brief is about from what follows a lead-in or an announcement."""
    name, _, rest = strip_end(said).partition(", ")
    named = all(word[:1].isupper() or word[:1].isdigit() for word in name.split())
    described = rest.partition(" ")[0].casefold() in _ARTICLES
    if not notes.product and named and (described or (not rest and not pack.capital_nouns)):
        notes.product = name
        if described:
            notes.description, notes.source = rest, sentence
    elif not notes.topic and (found := _OWN.match(said) or _POSSESSIVE.search(said[:_TOPIC_WITHIN])):
        notes.topic = _head_of(said[found.start() :], pack)


def _without_link(sentence: str) -> str:
    """Take the address out, and the whole sentence where hardly more than "more at" is left."""
    rest = _LINK_IN_TEXT.sub("", sentence).strip()
    return rest if rest == sentence or len(rest.split()) >= _WORDS_BESIDES_LINK else ""


def _head_of(said: str, pack: LanguagePack) -> str:
    """Return the noun phrase at the start of what follows a lead-in."""
    phrase = _SPLIT_NAME.split(strip_end(said))[0]
    if pack.relative:
        phrase = pack.relative.split(phrase)[0]
    short = shorten_phrase(phrase, lambda text: len(text) <= _NAME_LENGTH // 2, pack) or phrase
    return short if len(short) <= _NAME_LENGTH else ""


def _split_product(given: str) -> tuple[str, str]:
    """Take "Nimbus, a compact machine" apart into a name and a description."""
    parts = _SPLIT_NAME.split(given, maxsplit=1)
    name, rest = parts[0], strip_end(parts[1]) if len(parts) > 1 else ""
    return (name, rest) if name and len(name) <= _NAME_LENGTH else ("", "")


def _infer_product(sentences: Iterable[str], topic: str, pack: LanguagePack) -> tuple[str, bool]:
    """Find the name of what a brief is about, else its topic. The flag says whether it is a name."""
    for sentence in sentences:
        found = pack.copula.match(sentence)
        if not found or not found["what"]:
            continue
        name = found["name"].rstrip(",")
        if name.split()[0].casefold() not in pack.small_words | pack.weak_starts and len(name) <= _NAME_LENGTH:
            return name, True
    return topic, False


def _find_description(sentences: Iterable[str], product: str, pack: LanguagePack) -> tuple[str, str]:
    """Find the sentence that says what the product is, and what it says. Both empty where there is none."""
    if not product:
        return "", ""
    for sentence in sentences:
        if not sentence.casefold().startswith(product.casefold()):
            continue
        found = pack.copula.match("X" + sentence[len(product) :])
        if found and found["what"]:
            return sentence, strip_end(found["what"])
    return "", ""


def _find_names(product: str, named: bool, facts: Iterable[str], pack: LanguagePack) -> Iterator[str]:
    """Give the name, or the core of the topic, or a first clause that is nothing but a name; then what is said often."""
    if named:
        yield product
    elif product:
        yield from find_key_phrases([product], pack)[:1]
    else:
        first = next((split_clauses(fact)[:1] for fact in facts), [])
        yield from (phrase for phrase in find_key_phrases(first, pack) if [phrase] == first)
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
