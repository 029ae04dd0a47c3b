"""The shape of a language's patterns."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """The voices that the patterns know; a campaign's free words are read as one of them."""

    PLAIN = "plain"
    FRIENDLY = "friendly"
    PROFESSIONAL = "professional"
    PLAYFUL = "playful"
    URGENT = "urgent"
    PREMIUM = "premium"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneWords:
    """What a tone says. `{product}` stands where any name or noun phrase may stand as an object.

    `calls` are at least three, none longer than 30 characters, none with an exclamation mark (Google refuses it).
    """

    hooks: tuple[str, ...]  # whole sentences with {product}
    openers: tuple[str, ...]  # put before a fact; "" says it as it is
    calls: tuple[str, ...]  # without full stop
    greeting: str
    farewell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePack:
    """Everything that one language's text needs besides the brief."""

    code: str
    signs: frozenset[str]  # small words that tell this language from the others
    small_words: frozenset[str]  # words that a phrase neither starts nor ends with
    breaks: frozenset[str]  # words before which a phrase may end: "20 % off all jackets | until Sunday"
    weak_starts: frozenset[str]  # words that lean on the sentence before: "It also ..."
    plain_audience: frozenset[str]  # words of an audience that lose their capital inside a sentence
    lead_ins: re.Pattern[str]  # "Write a campaign about": instructions, taken off the start of a sentence
    announces: re.Pattern[str]  # "We are launching": stays, but what follows is what the brief is about
    private: re.Pattern[str]  # instructions and internals: never published
    labels: Mapping[str, str]  # "target audience" -> product, audience, tone, fact, point, link; "" means private
    copula: re.Pattern[str]  # "<Name> is a ...": groups `name` and `what`
    naming: re.Pattern[str]  # "called Tidepool": group `name`
    relative: re.Pattern[str] | None  # where a clause about the product starts: " that "
    benefit: re.Pattern[str]  # signs that a sentence says what one gains
    tones: Mapping[Tone, ToneWords]
    audience_line: str  # with {audience}
    link_call: str  # with {call} and {url}
    bullets_intro: str
    sections: Mapping[str, str]  # headings of an article: why, details, audience, next
    team: str  # with {product}: who signs
    team_unnamed: str
    head_first: bool = False  # the noun comes before its adjectives
    capital_nouns: bool = False  # a capital does not make a name
    joiner: str = ": "  # between a name and what is said of it
    stand_ins: tuple[str, ...] = ()  # where neither brief nor calls give enough short texts


def words(text: str) -> frozenset[str]:
    """Make a set of words out of one spaced text."""
    return frozenset(text.split())
