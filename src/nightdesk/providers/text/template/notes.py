"""A brief taken apart: what may be published, what it is about, and what was only meant for the writer."""

import re
from dataclasses import dataclass, field
from typing import Final

from nightdesk.providers.text.template.languages import NEUTRAL, LanguagePack
from nightdesk.providers.text.template.phrases import shorten_phrase
from nightdesk.providers.text.template.sentences import Block, capitalise, split_blocks, split_sentences, strip_end

#: A name or topic longer than this does not fit into another sentence.
NAME_LENGTH: Final = 60
#: A topic longer than this is shortened where a phrase may end.
_TOPIC_LENGTH: Final = 45
_WORDS_BESIDES_LINK: Final = 3
#: A topic may come after an adverb or two: "Wir eröffnen im Mai unsere Werkstatt".
_TOPIC_WITHIN: Final = 40

_LINK: Final = re.compile(r"\b(?i:https?)://[^\s<>\"'\u201d)]+[^\s<>\"'\u201d).,;:!?]")
_LINK_IN_TEXT: Final = re.compile(
    rf"(?i)\s*(?:[:\u2013-]|\b(?:at|on|visit|via|see|under|unter|auf|siehe|sur|voir|en|visita))?\s*{_LINK.pattern}"
)
SPLIT_NAME: Final = re.compile(r"\s*(?:,|:|;|\s[\u2013\u2014-]\s|\()\s*")
ARTICLES: Final = frozenset(
    ["a", "an", "the", "ein", "eine", "der", "die", "das", "un", "une", "le", "la", "una", "el"]
)
_OWN: Final = re.compile(
    r"(?i)^(?:our|the|a|an|unser\w*|de[rnm]|d(?:ie|as)|ein\w*|notre|nos|l[ea]s?|une?|nuestr\w+|el|l[ao]s?|una?)\b"
)
_POSSESSIVE: Final = re.compile(r"(?i)\b(?:our|unser\w*|notre|nos|nuestr\w+)\s+\w")


@dataclass(slots=True)
class BriefNotes:
    """What a brief says. Empty where it does not."""

    sentences: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)  # bullets
    headings: list[str] = field(default_factory=list)
    product: str = ""
    description: str = ""  # of the product, where an announcement gave both
    source: str = ""  # the sentence that `description` was taken from
    topic: str = ""  # "our new oat drink", where no name is given
    audience: str = ""
    tone: str = ""
    link: str = ""


def take_notes(text: str, pack: LanguagePack) -> BriefNotes:
    """Read a cleaned brief from top to bottom."""
    notes = BriefNotes()
    for block in split_blocks(text, frozenset(pack.labels)):
        if found := _LINK.search(block.text):
            notes.link = notes.link or found[0]
        if block.heading:
            notes.headings.append(block.text)
        else:
            _take(block, pack.labels.get(block.label, "fact"), notes, pack)
    if len(notes.sentences) > 1 and not any(_says_much(sentence) for sentence in notes.sentences):
        notes.sentences = [" ".join(notes.sentences)]
    return notes


def _says_much(sentence: str) -> bool:
    return " " in sentence.strip() or len(sentence) > NAME_LENGTH // 3


def _take(block: Block, role: str, notes: BriefNotes, pack: LanguagePack) -> None:
    if role in ("product", "audience", "tone"):
        setattr(notes, role, getattr(notes, role) or block.text)
    elif role == "point" or (role == "fact" and block.bullet):
        _take_points(block, notes, pack)
    elif role == "fact":
        _take_sentences(block.text, notes, pack)


def _take_points(block: Block, notes: BriefNotes, pack: LanguagePack) -> None:
    parts = [block.text] if block.bullet else re.split(r"\s*[;,]\s+", strip_end(block.text))
    for part in parts:
        said = strip_end(_without_link(part))
        if said and not pack.private.search(part):
            notes.points.append(said)


def _take_sentences(text: str, notes: BriefNotes, pack: LanguagePack) -> None:
    for sentence in split_sentences(text):
        lead_in, announced = pack.lead_ins.match(sentence), pack.announces.match(sentence)
        said = _without_link(sentence[lead_in.end() :].strip() if lead_in else sentence)
        if pack.private.search(said):
            continue
        if found := announced or lead_in:
            _take_subject(_without_link(sentence[found.end() :].strip()), capitalise(said), notes, pack)
        if any(char.isalnum() for char in said) or (said and pack is NEUTRAL):
            notes.sentences.append(capitalise(said))
    if any(map(_says_much, notes.sentences)):
        notes.sentences = list(filter(_says_much, notes.sentences))  # "Hey!" goes


def _take_subject(said: str, sentence: str, notes: BriefNotes, pack: LanguagePack) -> None:
    """Read what the brief is about from what follows a lead-in or an announcement."""
    name, _, rest = strip_end(said).partition(", ")
    named = all(word[:1].isupper() or word[:1].isdigit() for word in name.split())
    described = rest.partition(" ")[0].casefold() in ARTICLES
    if not notes.product and named and (described or (not rest and not pack.capital_nouns)):
        notes.product = name
        if described:
            notes.description, notes.source = rest, sentence
    elif not notes.topic and (found := _OWN.match(said) or _POSSESSIVE.search(said[:_TOPIC_WITHIN])):
        notes.topic = _head_of(said[found.start() :], pack)


def _head_of(said: str, pack: LanguagePack) -> str:
    """Return the noun phrase at the start of what follows a lead-in."""
    phrase = SPLIT_NAME.split(strip_end(said))[0]
    if pack.relative:
        phrase = pack.relative.split(phrase)[0]
    short = shorten_phrase(phrase, lambda text: len(text) <= _TOPIC_LENGTH, pack) or phrase
    return short if len(short) <= NAME_LENGTH else ""


def _without_link(sentence: str) -> str:
    """Take the address out, and the whole sentence where hardly more than "more at" is left."""
    rest = _LINK_IN_TEXT.sub("", sentence).strip()
    return rest if rest == sentence or len(rest.split()) >= _WORDS_BESIDES_LINK else ""
