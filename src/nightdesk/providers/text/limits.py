"""Whether a piece keeps its channel's limits, said in plain words: what is too long, by how much, what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.providers.text.channels import CHANNELS, Channel, ChannelSpec, FieldSpec, Unit
from nightdesk.providers.text.counting import count_text

_COUNTED: Final = {
    Unit.CHARACTERS: "",
    Unit.DOUBLE_WIDTH: " (wide characters count as two)",
    Unit.WEIGHTED: " (a link counts as 23, an emoji or a wide character as two)",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """`errors`: the platform would refuse the piece. `warnings`: it would show less of it than is written."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def check_piece(channel: Channel, fields: Mapping[str, Any]) -> Findings:
    """Compare a piece's fields with its channel's limits. Never raises; wrong shapes are errors in words too."""
    spec = CHANNELS[channel]
    warnings: list[str] = []
    for field in spec.fields:
        texts, _ = _texts_of(field, fields.get(field.name))
        if field.soft is not None:
            kept = [text if field.hard is None or count_text(text, field.unit) <= field.hard else "" for text in texts]
            warnings += _length_complaints(field, kept, field.soft, f"{spec.platform} may cut it after")
    errors = tuple(error for found in find_errors(channel, fields).values() for error in found)
    return Findings(errors, tuple(warnings))


def find_errors(channel: Channel, fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what the platform would refuse, by the name of the field; empty when it would take the piece."""
    spec = CHANNELS[channel]
    known = {field.name for field in spec.fields}
    errors = {name: [f"{spec.title} has no field {name}. Remove it."] for name in fields if name not in known}
    for field in spec.fields:
        texts, complaint = _texts_of(field, fields.get(field.name))
        found = [complaint] if complaint else [*_count_complaints(spec, field, texts, fields)]
        if not complaint:
            found += _length_complaints(field, texts, field.hard, _rule(spec, field))
        if found:
            errors[field.name] = found
    return errors


def _rule(spec: ChannelSpec, field: FieldSpec) -> str:
    return f"{spec.platform} allows" if field.source.vendor else "common practice is at most"


def _texts_of(field: FieldSpec, value: Any) -> tuple[list[str], str]:
    """Return the field's texts, or a complaint about its type."""
    if field.most > 1:
        if value is None:
            return [], ""
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return list(value), ""
        return [], f"{field.label}s must be a list of texts."
    if value is None or value == "":
        return [], ""
    return ([value], "") if isinstance(value, str) else ([], f"{field.label} must be a text.")


def _count_complaints(
    spec: ChannelSpec, field: FieldSpec, texts: list[str], fields: Mapping[str, Any]
) -> Iterator[str]:
    if len(texts) < field.least:
        yield _too_few(spec, field, len(texts))
    if len(texts) > field.most:
        yield f"{spec.platform} takes at most {field.most} {field.label.lower()}s; there are {len(texts)}. Remove some."
    if texts and field.needs and not fields.get(field.needs):
        yield f"{field.label} needs {spec.field(field.needs).label}. Fill that first, or leave both empty."
    for number, text in enumerate(texts, start=1):
        if not text.strip():
            yield f"{_name(field, number)} is blank. Write it or remove it."
    if field.distinct and len({text.casefold() for text in texts}) < len(texts):
        yield f"{spec.platform} refuses the same {field.label.lower()} twice. Change one of them."


def _too_few(spec: ChannelSpec, field: FieldSpec, count: int) -> str:
    if field.most == 1:
        return f"{field.label} is empty. Write one."
    return f"{spec.platform} needs at least {field.least} {field.label.lower()}s; there are {count}. Add more."


def _length_complaints(field: FieldSpec, texts: list[str], limit: int | None, rule: str) -> Iterator[str]:
    if limit is None:
        return
    for number, text in enumerate(texts, start=1):
        length = count_text(text, field.unit)
        if length > limit:
            yield (
                f"{_name(field, number)} is {length} characters long; {rule} {limit}{_COUNTED[field.unit]}. "
                f"Shorten it by {length - limit}."
            )


def _name(field: FieldSpec, number: int) -> str:
    return f"{field.label} {number}" if field.most > 1 else field.label
