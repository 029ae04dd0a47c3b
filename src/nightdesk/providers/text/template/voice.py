"""A reading in a language's patterns: hooks, leads, calls and the other parts of a text."""

import hashlib
from collections.abc import Sequence
from functools import cached_property

from nightdesk.providers.text.template.brief import Reading
from nightdesk.providers.text.template.fitting import Fits, cut_at_word
from nightdesk.providers.text.template.languages.pack import ToneWords
from nightdesk.providers.text.template.phrases import make_hashtag, shorten_phrase
from nightdesk.providers.text.template.sentences import as_sentence, capitalise, strip_end


class Voice:
    """What can be said of one reading. Choices among patterns depend on the content alone."""

    def __init__(self, reading: Reading, seed: str) -> None:
        """Remember what was read; `seed` is any text that is the same for the same request."""
        self.reading = reading
        self.pack = reading.pack
        self._seed = seed

    @property
    def words(self) -> ToneWords:
        """The patterns of the tone."""
        return self.pack.tones[self.reading.tone]

    def pick(self, options: Sequence[str], purpose: str) -> str:
        """Choose one of several patterns; "" where there is none."""
        return options[self._number(purpose) % len(options)] if options else ""

    def _number(self, purpose: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{self._seed}/{purpose}".encode()).digest()[:4], "big")

    @cached_property
    def product(self) -> str:
        """The product at the start of a line."""
        return capitalise(self.reading.product)

    @cached_property
    def hook(self) -> str:
        """A sentence that introduces the product; "" where the brief names none."""
        if not self.reading.product:
            return ""
        return self.pick(self.words.hooks, "hook").format(product=self.reading.product)

    @cached_property
    def calls(self) -> tuple[str, ...]:
        """Calls to action without full stop, starting somewhere among the tone's own."""
        calls = self.words.calls
        start = self._number("call") % len(calls) if calls else 0
        return calls[start:] + calls[:start]

    @cached_property
    def call(self) -> str:
        """The piece's own call as a sentence."""
        return as_sentence(self.calls[0]) if self.calls else ""

    @cached_property
    def closing(self) -> str:
        """The call with the brief's link, where it has one."""
        if not self.reading.link:
            return self.call
        return self.pack.link_call.format(call=self.calls[0] if self.calls else "", url=self.reading.link)

    @cached_property
    def audience_line(self) -> str:
        """Who it is for, as a sentence; "" where nobody is named."""
        if not self.reading.audience:
            return ""
        return self.pack.audience_line.format(audience=self.reading.audience)

    @cached_property
    def introduction(self) -> str:
        """The hook with what the product is; "" where the brief does not say."""
        what = strip_end(self.reading.description)
        if not what:
            return ""
        if self.hook.endswith("."):
            return self.hook[:-1].rstrip() + self.pack.joiner + what + "."
        if self.hook:
            return f"{self.hook} {as_sentence(what)}"
        return self.product + self.pack.joiner + what + "." if self.product else as_sentence(what)

    @cached_property
    def lone_facts(self) -> tuple[str, ...]:
        """The facts that need no sentence before them, the most telling first."""
        weak = self.pack.weak_starts
        return tuple(fact for fact in self.reading.best if fact.split(" ", 1)[0].casefold().rstrip(",") not in weak)

    @cached_property
    def leads(self) -> tuple[str, ...]:
        """First sentences, the fullest first; each can stand alone."""
        best = self.reading.best
        opened = [f"{self.pick(self.words.openers, 'opener')} {fact}".strip() for fact in best]
        hooked = [f"{self.hook} {fact}" for fact in best if self.hook and not self._names_product(fact)]
        pointed = [self.say_of_product(point) for point in self.reading.points]
        plain = opened if not self.reading.product else list(best)
        leads = [self.introduction, *hooked, *plain, *pointed, self.hook]
        return tuple(dict.fromkeys(as_sentence(lead) for lead in leads if lead))

    def lead_fitting(self, fits: Fits) -> str:
        """The first lead that fits; cut after a whole word with an ellipsis where none does; "" where not even that."""
        whole = next((lead for lead in self.leads if fits(lead)), "")
        return whole or next((cut for lead in self.reading.best if (cut := cut_at_word(lead, fits))), "")

    def _names_product(self, fact: str) -> bool:
        return bool(self.reading.product) and self.reading.product.casefold() in fact.casefold()

    def say_of_product(self, point: str) -> str:
        """Put the product's name before a point, unless the point names it or there is no name."""
        if not self.reading.named or self._names_product(point) or self.pack.joiner.strip() in point:
            return point
        first, _, rest = point.partition(" ")
        said = f"{first.lower()} {rest}" if first.casefold() in self.pack.small_words and rest else point
        return f"{self.product}{self.pack.joiner}{said}"

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Key phrases of at least two words, as one alone says too little; long ones where words are not spaced apart."""
        spaced = bool(self.pack.small_words)
        phrases = (phrase for phrase in self.reading.key_phrases if " " in phrase or not (spaced or len(phrase) < 6))
        return tuple(map(capitalise, phrases))

    @cached_property
    def topic(self) -> str:
        """The topic as a line of its own, where the brief gives a topic but no name."""
        return "" if self.reading.named else self.product

    def is_said(self, point: str) -> bool:
        """Whether a sentence of the brief says this point already."""
        return any(point.casefold() in fact.casefold() for fact in (*self.reading.facts, self.reading.description))

    def short_points(self, fits: Fits) -> list[str]:
        """The points that fit, whole or ended where a phrase may end; none twice."""
        short = (shorten_phrase(point, fits, self.pack) for point in self.reading.points)
        return list(dict.fromkeys(point for point in short if point))

    @cached_property
    def hashtags(self) -> tuple[str, ...]:
        """At most two: the product's name, or its topic's, and what the brief says often."""
        tags = dict.fromkeys(tag for tag in map(make_hashtag, self.reading.names) if tag)
        distinct = [
            tag for tag in tags if not any(tag != other and tag.casefold() in other.casefold() for other in tags)
        ]
        return tuple(distinct[:2])
