"""The short channels: Google search ads, Meta feed, LinkedIn, X."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, cycle
from typing import Any, Final

from nightdesk.providers.text.channels import GOOGLE_RSA, LINKEDIN, META_FEED, FieldSpec, X
from nightdesk.providers.text.template.fitting import (
    ELLIPSIS,
    Fits,
    Part,
    arrange,
    cut_at_word,
    first_fitting,
    fit_goal,
    fit_hard,
)
from nightdesk.providers.text.template.phrases import make_path, shorten_phrase
from nightdesk.providers.text.template.sentences import as_sentence, strip_end
from nightdesk.providers.text.template.voice import Voice

#: Enough for Google to combine; more would only repeat.
_HEADLINES: Final = 12
_CALLS_AMONG_HEADLINES: Final = 3
_SUPPORTS: Final = 3
#: So many times a soft limit is still better than a headline that says nothing.
_OVER_SOFT: Final = 2


def write_google_rsa(voice: Voice) -> dict[str, Any]:
    """Write headlines, descriptions and display paths; Google's editorial rules allow no "!" in a headline."""
    headline, description = GOOGLE_RSA.field("headlines"), GOOGLE_RSA.field("descriptions")
    headlines, descriptions = (
        _collect(write(voice, fit_hard(spec)), _fillers(voice, fit_hard(spec)), spec, most)
        for write, spec, most in (
            (_headlines, headline, _HEADLINES),
            (_descriptions, description, description.most),
        )
    )
    path1, path2 = _paths(voice, fit_hard(GOOGLE_RSA.field("path1")))
    return {"headlines": headlines, "descriptions": descriptions, "path1": path1, "path2": path2}


def _headlines(voice: Voice, fits: Fits) -> Iterator[str]:
    calls = voice.calls[:_CALLS_AMONG_HEADLINES]
    points = [strip_end(point) for point in voice.short_points(fits)]
    yield shorten_phrase(voice.product, fits, voice.pack)
    yield from points[:2]
    yield from calls[:1]
    yield strip_end(voice.audience_line)
    yield from points[2:]
    yield from calls[1:]


def _descriptions(voice: Voice, fits: Fits) -> Iterator[str]:
    calls = cycle(map(as_sentence, voice.calls or ("",)))
    lead = voice.lead_fitting(fits)
    for text in [lead, *(fact for fact in voice.lone_facts if fits(fact) and fact not in lead)]:
        yield arrange([Part(0, [text]), Part(1, [next(calls)])], fits)
    points = [as_sentence(point) for point in voice.reading.points if not voice.is_said(point)]
    if points:
        yield arrange([*(Part(rank, [point]) for rank, point in enumerate(points[:4])), Part(9, [next(calls)])], fits)
    if voice.audience_line:
        yield arrange([Part(0, [voice.audience_line]), Part(1, [next(calls)])], fits)


def _fillers(voice: Voice, fits: Fits) -> Iterator[str]:
    """What may still be said where a channel asks for more texts than the brief has to say."""
    if voice.hook:
        yield arrange([Part(0, [voice.hook]), Part(1, [voice.call])], fits)
    for fact in voice.reading.best:
        yield (
            arrange([Part(0, [fact, cut_at_word(fact, fits)]), Part(1, [as_sentence(voice.calls[-1])])], fits)
            if (voice.calls)
            else cut_at_word(fact, fits)
        )
    yield from voice.calls
    yield from map(strip_end, voice.reading.points)
    yield from (*voice.phrases, *voice.reading.key_phrases)
    yield from (word for fact in voice.reading.facts for word in fact.split() if len(word) > 2)
    yield from voice.pack.stand_ins


def _collect(candidates: Iterable[str], fillers: Iterable[str], spec: FieldSpec, most: int) -> list[str]:
    """Take what fits and says something new; fillers only up to the least that the platform asks for."""
    fits = fit_hard(spec)
    kept: list[str] = []
    for text in candidates:
        if len(kept) < most and _is_allowed(text, spec) and first_fitting([text], fits, kept):
            kept.append(text)
    for text in map(partial(_finish, spec), fillers):
        same = any(strip_end(text).casefold() == strip_end(other).casefold() for other in kept)
        if len(kept) < spec.least and _is_allowed(text, spec) and not same and fits(text):
            kept.append(text)
    return kept


def _finish(spec: FieldSpec, text: str) -> str:
    """Write a filler as a headline or as a sentence; an ellipsis stays, so that nobody takes half a sentence for all."""
    if text.endswith(ELLIPSIS):
        return text
    return strip_end(text) if spec.name == "headlines" else as_sentence(text)


def _is_allowed(text: str, spec: FieldSpec) -> bool:
    return any(map(str.isalnum, text)) and not (spec.name == "headlines" and "!" in text)


def _paths(voice: Voice, fits: Fits) -> tuple[str, str]:
    made = (make_path(name, fits, voice.pack) for name in voice.reading.names)
    paths = list(dict.fromkeys(path for path in made if len(path) > 2))
    first = paths[0] if paths else ""
    second = next((path for path in paths[1:] if path.casefold() not in first.casefold()), "")
    return first, second


def write_meta_feed(voice: Voice) -> dict[str, Any]:
    """Write a primary text that is shown whole, a headline and a link description."""
    primary = _body(voice, META_FEED.field("primary_text"), voice.call)
    headline = write_title(voice, META_FEED.field("headline"))
    description = _short_line(voice, META_FEED.field("description"), [primary, headline])
    return {"primary_text": primary, "headline": headline, "description": description}


def write_linkedin(voice: Voice) -> dict[str, Any]:
    """Write an introduction that is shown whole, a headline and a description."""
    intro = _body(voice, LINKEDIN.field("intro"), voice.call)
    headline = write_title(voice, LINKEDIN.field("headline"))
    spec = LINKEDIN.field("description")
    supports = [*voice.lone_facts, voice.audience_line, *map(as_sentence, voice.reading.points)]
    description = first_fitting(supports, fit_goal(spec), [intro, headline]) or _short_line(
        voice, spec, [intro, headline]
    )
    return {"intro": intro, "headline": headline, "description": description}


def write_x(voice: Voice) -> dict[str, Any]:
    """Write one post: lead, supports, call with the brief's link, at most two hashtags."""
    spec = X.field("text")
    tags = [" ".join(voice.hashtags), *voice.hashtags]
    return {"text": _body(voice, spec, voice.closing, tags)}


def _body(voice: Voice, spec: FieldSpec, closing: str, tags: Iterable[str] = ()) -> str:
    """Build lead, supports, audience and closing into the length to aim at."""
    fits = fit_goal(spec)
    supports = [*voice.reading.best, *map(as_sentence, voice.reading.points)]
    parts = [
        Part(0, [voice.lead_fitting(fits)]),
        *(Part(2 + place, [fact]) for place, fact in enumerate(supports[:_SUPPORTS])),
        Part(8, [voice.audience_line]),
        Part(1, [closing, voice.call]),
        Part(9, list(tags)),
    ]
    return arrange(parts, fits) or last_words(voice, fits)


def write_title(voice: Voice, spec: FieldSpec) -> str:
    """Name and what it is, else name and point, else the most telling short sentence."""
    fits, reading = fit_goal(spec), voice.reading
    points = [strip_end(point) for point in voice.short_points(fits)]
    described = f"{voice.product}{voice.pack.joiner}{reading.description}" if reading.description else ""
    candidates = [
        described,
        voice.topic,
        *map(voice.say_of_product, points),
        *map(strip_end, reading.best),
        voice.product,
        *voice.phrases,
        _long_fact(voice, spec),
        *voice.calls,
    ]
    return first_fitting(candidates, lambda text: fits(text) or text == _long_fact(voice, spec)) or last_words(
        voice, fits
    )


def _long_fact(voice: Voice, spec: FieldSpec) -> str:
    """The shortest fact, where it passes only a soft limit and not by much: better than saying nothing of the brief."""
    shortest = strip_end(min(voice.lone_facts, key=len, default=""))
    fits = fit_hard(spec)
    return shortest if spec.soft and len(shortest) <= _OVER_SOFT * spec.soft and fits(shortest) else ""


def _short_line(voice: Voice, spec: FieldSpec, taken: list[str]) -> str:
    """A point that is new, else a call, else a point that was said before."""
    fits = fit_goal(spec)
    points = [strip_end(point) for point in voice.short_points(fits)]
    new = first_fitting([*points, *voice.calls, *voice.phrases], fits, taken)
    return new or first_fitting([*points, *voice.calls], fits) or last_words(voice, fits)


def last_words(voice: Voice, fits: Fits) -> str:
    """Say something where brief and patterns have nothing that fits: a word of the brief, else a stand-in."""
    own = (word for fact in voice.reading.facts for word in fact.split() if any(map(str.isalnum, word)))
    return next((word for word in chain(own, voice.pack.stand_ins) if fits(word)), "")
