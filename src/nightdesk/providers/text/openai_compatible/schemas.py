"""The shape that is asked for: JSON Schema in OpenAI's strict subset, with or without lengths, and `response_format`.

Strict means: the root is an object, every property is required, nothing else is allowed, no `allOf` and its like.
`maxLength` is not among the documented keywords there; servers with grammars hold a model to it.
"""

import json
from typing import Any, Final

from nightdesk.providers.text.channels import CHANNELS, Channel, FieldSpec, Unit
from nightdesk.providers.text.openai_compatible.dialect import Rung

#: Texts that no platform limits still get a maximum: a weak model writes until something stops it.
BODY_CHARS: Final[dict[Channel, int]] = {Channel.EMAIL: 4_000, Channel.BLOG: 10_000}
#: A text may pass its soft limit so many times before a grammar ends it.
_OVER_SOFT: Final = 4
#: Languages whose letters count double where a platform counts width.
_WIDE: Final = frozenset({"zh", "ja", "ko"})
#: Tokens beside the texts: names, quotes, brackets.
_TOKENS_AROUND: Final = 1_024
#: OpenAI counts what a model thinks before it answers as part of the answer.
_TOKENS_TO_THINK: Final = 8_192


def build_schema(channel: Channel, *, lengths: bool, language: str = "en") -> dict[str, Any]:
    """Describe a channel's fields as JSON Schema."""
    spec = CHANNELS[channel]
    return {
        "type": "object",
        "properties": {
            field.name: _describe(field, find_ceiling(channel, field, language), lengths=lengths)
            for field in spec.fields
        },
        "required": [field.name for field in spec.fields],
        "additionalProperties": False,
    }


def _describe(field: FieldSpec, ceiling: int, *, lengths: bool) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string"}
    if lengths:
        text |= {"maxLength": ceiling} if field.least == 0 else {"minLength": 1, "maxLength": ceiling}
    if field.most == 1:
        return text
    listed: dict[str, Any] = {"type": "array", "items": text}
    return listed | ({"minItems": field.least, "maxItems": field.most} if lengths else {})


def find_ceiling(channel: Channel, field: FieldSpec, language: str = "en") -> int:
    """Return how many characters a text of this field may have at most; every text has such a maximum."""
    limits = [limit for limit in (field.hard, field.soft and _OVER_SOFT * field.soft) if limit]
    ceiling = min(limits) if limits else BODY_CHARS[channel]
    counts_wide = field.unit in (Unit.DOUBLE_WIDTH, Unit.WEIGHTED)
    return ceiling // 2 if counts_wide and language.partition("-")[0].lower() in _WIDE else ceiling


def count_ceiling(channel: Channel) -> int:
    """Return how many characters all texts of a channel may have together."""
    return sum(find_ceiling(channel, field) * field.most for field in CHANNELS[channel].fields)


def count_goal(channel: Channel) -> int:
    """Return how many characters a usual answer has; what progress is measured against."""
    return sum((field.goal or BODY_CHARS[channel] // 3) * field.most for field in CHANNELS[channel].fields)


def find_token_limit(channel: Channel, *, thinks: bool) -> int:
    """Return the most tokens that an answer may take: two characters a token, which holds for most scripts."""
    return _TOKENS_AROUND + count_ceiling(channel) // 2 + (_TOKENS_TO_THINK if thinks else 0)


def build_response_format(channel: Channel, rung: Rung, language: str) -> dict[str, Any] | None:
    """Return what to send as `response_format`; None where nothing is sent."""
    match rung:
        case Rung.SCHEMA | Rung.STRICT:
            schema = build_schema(channel, lengths=rung is Rung.SCHEMA, language=language)
            return {"type": "json_schema", "json_schema": {"name": channel.value, "strict": True, "schema": schema}}
        case Rung.JSON:
            return {"type": "json_object"}
        case Rung.PROMPT:
            return None


def show_schema(channel: Channel, language: str) -> str:
    """Write the schema as text, for prompts."""
    return json.dumps(build_schema(channel, lengths=True, language=language), ensure_ascii=False)
