"""A model's text: read out of whatever stands around it, validated, held against limits and brand kit.

No text is ever shortened here. What is over a limit is written again by the model; after that, whole texts of a list may
be left out where enough remain, and the reader is told.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from nightdesk.core.redaction import clean_text
from nightdesk.providers.text.brand import find_forbidden, say_forbidden, texts_of
from nightdesk.providers.text.channels import CHANNELS, Channel, FieldSpec
from nightdesk.providers.text.counting import count_text
from nightdesk.providers.text.limits import check_piece
from nightdesk.providers.text.pieces import FIELDS
from nightdesk.providers.text.protocol import PieceRequest

#: So many places are tried where an object might begin; prose with more braces holds no answer.
_MOST_STARTS: Final = 100
#: What a reasoning model says to itself before it answers.
_THOUGHTS: Final = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
#: Fields in which a line break means something.
_MANY_LINES: Final = frozenset({"body", "primary_text", "intro", "text"})
_SHAPE_COMPLAINTS: Final = 6

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of an answer. `fields` is None where it has not even the shape that was asked for."""

    fields: Fields | None
    complaints: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()  # words that the brand avoids and that could have been avoided

    @property
    def is_good(self) -> bool:
        """Whether the piece can be kept as it is."""
        return self.fields is not None and not self.complaints and not self.forbidden


@dataclass(frozen=True, slots=True)
class Kept:
    """The fields of a piece that may be kept, and what its reader should know of it."""

    fields: Fields
    notes: tuple[str, ...] = ()


def judge(text: str, request: PieceRequest) -> Verdict:
    """Read an answer and hold it against everything that is asked of a piece. Never raises."""
    found = read_json(text, [field.name for field in CHANNELS[request.channel].fields])
    if found is None:
        return Verdict(None, ("It is not the JSON object that was asked for.",))
    fields = _tidy(found, request.channel)
    try:
        typed = FIELDS[request.channel].model_validate(fields, strict=True)
    except ValidationError as error:
        return Verdict(None, tuple(_say_shape(error)))
    fields = typed.model_dump()
    return Verdict(fields, check_piece(request.channel, fields).errors, tuple(_find_avoidable(fields, request)))


def join_halves(text: str) -> str:
    """Put together what a server has split in the middle of a character; a half that came alone is dropped."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def read_json(text: str, names: Sequence[str]) -> Fields | None:
    """Find the JSON object in an answer: alone, in a code fence, or with prose around it. The last that fits counts."""
    said = _THOUGHTS.sub("", text).lstrip("\ufeff").strip()
    whole = _load(said)
    if isinstance(whole, dict) and _fits(whole, names):
        return whole
    found: Fields | None = None
    for candidate in _find_objects(said):
        if _fits(candidate, names):
            found = candidate
    return found


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _fits(value: Any, names: Sequence[str]) -> bool:
    return isinstance(value, dict) and any(name in value for name in names)


def _find_objects(text: str) -> Iterator[Any]:
    decoder, place = json.JSONDecoder(), 0
    for _ in range(_MOST_STARTS):
        place = text.find("{", place)
        if place < 0:
            return
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
            continue
        yield value
        # An answer may be wrapped: {"piece": {...}}.
        yield from (inner for inner in value.values() if isinstance(inner, dict))
        place = end


def _tidy(found: Fields, channel: Channel) -> Fields:
    """Leave out what was not asked for, and texts of a list that say nothing or the same again; make texts storable."""
    fields: Fields = {}
    for spec in CHANNELS[channel].fields:
        value = found.get(spec.name)
        if spec.most > 1 and isinstance(value, list):
            fields[spec.name] = _tidy_list(value, spec)
        elif isinstance(value, str):
            fields[spec.name] = _tidy_text(value, spec)
        elif value is not None:
            fields[spec.name] = value
    needy = [spec for spec in CHANNELS[channel].fields if spec.needs]
    for spec in needy:
        # A second path without a first one becomes the first: nothing is lost.
        if fields.get(spec.name) and not fields.get(spec.needs):
            fields |= {spec.needs: fields[spec.name], spec.name: ""}
    return fields


def _tidy_list(items: list[Any], spec: FieldSpec) -> list[Any]:
    kept: list[Any] = []
    seen: set[str] = set()
    for item in items:
        text = _tidy_text(item, spec) if isinstance(item, str) else item
        core = text.casefold() if isinstance(text, str) else ""
        if text == "" or (spec.distinct and core in seen):
            continue
        seen.add(core)
        kept.append(text)
    return kept


def _tidy_text(text: str, spec: FieldSpec) -> str:
    text = unicodedata.normalize("NFC", clean_text(text)).replace("\r\n", "\n").replace("\r", "\n")
    if spec.name not in _MANY_LINES:
        text = " ".join(text.split())
    said = "".join(char if char == "\n" or unicodedata.category(char) != "Cc" else " " for char in text)
    return said.strip()


def _say_shape(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_input=False, include_url=False)[:_SHAPE_COMPLAINTS]:
        place = ".".join(str(part) for part in problem["loc"])
        yield f'"{place}": {problem["msg"]}.'


def _find_avoidable(fields: Fields, request: PieceRequest) -> list[str]:
    if request.brand is None:
        return []
    used = find_forbidden(texts_of(fields), request.brand.words_to_avoid)
    needed = find_forbidden([request.product], used)
    return [word for word in used if word not in needed]


def keep(verdict: Verdict, request: PieceRequest) -> Kept | None:
    """Return what can be kept of an answer after the last try; None where its limits cannot be kept without cutting."""
    if verdict.fields is None:
        return None
    fields, notes = dict(verdict.fields), []
    for spec in CHANNELS[request.channel].fields:
        fields[spec.name], note = _leave_out(fields[spec.name], spec, verdict.forbidden)
        notes += [note] if note else []
    fields = _tidy(fields, request.channel)
    if check_piece(request.channel, fields).errors:
        return None
    return Kept(fields, (*notes, *_say_words(fields, request)))


def _leave_out(value: Any, spec: FieldSpec, forbidden: Sequence[str]) -> tuple[Any, str]:
    """Leave out whole texts that break a rule, as long as enough remain; say how many."""
    if spec.most == 1:
        if spec.least == 0 and not _is_within(value, spec):
            return "", f"{spec.label} is left empty: what the model wrote there was too long."
        return value, ""
    within = [text for text in value if _is_within(text, spec)]
    clean = [text for text in within if not find_forbidden([text], forbidden)]
    kept = (clean if len(clean) >= spec.least else within)[: spec.most]
    left = len(value) - len(kept)
    if not left or len(kept) < spec.least:
        return value, ""
    texts = f"One {spec.label.lower()} is" if left == 1 else f"{left} {spec.label.lower()}s are"
    return kept, f"{texts} left out: too long, too many, or with words that the brand kit avoids."


def _is_within(text: str, spec: FieldSpec) -> bool:
    return spec.hard is None or count_text(text, spec.unit) <= spec.hard


def _say_words(fields: Fields, request: PieceRequest) -> list[str]:
    return say_forbidden(fields, request.brand.words_to_avoid) if request.brand else []


def accept(verdict: Verdict, request: PieceRequest) -> Kept:
    """Keep a good answer as it is; words to avoid that stand in the product's own name are still said."""
    if verdict.fields is None:
        raise AssertionError("only an answer with a shape can be accepted")
    return Kept(verdict.fields, tuple(_say_words(verdict.fields, request)))
