"""A request put into the words of the prompt. Everything of users stands between fences that it cannot close."""

import json
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, Final

from nightdesk.providers.text.channels import CHANNELS, Channel, ChannelSpec, FieldSpec, Unit
from nightdesk.providers.text.openai_compatible.dialect import Rung
from nightdesk.providers.text.openai_compatible.prompts import piece_1 as words
from nightdesk.providers.text.openai_compatible.schemas import BODY_CHARS, show_schema
from nightdesk.providers.text.protocol import PieceRequest

VERSION: Final = words.NAME
Message = dict[str, str]

_LANGUAGES: Final = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nb": "Norwegian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
_COUNTED: Final = {
    Unit.CHARACTERS: "",
    Unit.DOUBLE_WIDTH: ", Chinese, Japanese and Korean letters counting as two",
    Unit.WEIGHTED: ", an emoji and a Chinese, Japanese or Korean letter counting as two, a link as 23",
}
#: Where a body has no limit, this much of its maximum is a good length.
_GOOD_SHARE: Final = (0.2, 0.5)
_LONG: Final = frozenset({Channel.EMAIL, Channel.BLOG})


def make_nonce(request: PieceRequest, answer: str = "") -> str:
    """Return a code that stands nowhere in the request or answer: what is fenced with it cannot end its fence."""
    material = request.model_dump_json() + answer
    while True:
        nonce = secrets.token_hex(8)
        if nonce not in material:
            return nonce


def render_draft(request: PieceRequest, rung: Rung, nonce: str) -> list[Message]:
    """Write the messages that ask for a piece."""
    return [
        {"role": "system", "content": _render_system(request, rung, nonce)},
        {"role": "user", "content": _render_user(request, nonce)},
    ]


def render_repair(
    request: PieceRequest,
    rung: Rung,
    nonce: str,
    *,
    answer: str,
    complaints: Iterable[str],
    forbidden: Iterable[str],
    is_cut: bool,
) -> list[Message]:
    """Write the messages that ask for the same piece again: the model's own answer, and what is wrong with it."""
    lines = [f"- {complaint}" for complaint in complaints] + ([words.REPAIR_CUT] if is_cut else [])
    used = "\n".join(forbidden)
    if used:
        lines.append("- It uses words that the brand avoids.")
    block = words.REPAIR_WORDS.format(block=_fence("words to replace", used, nonce)) if used else ""
    return [
        *render_draft(request, rung, nonce),
        {"role": "assistant", "content": answer or "{}"},
        {"role": "user", "content": words.REPAIR.format(complaints="\n".join(lines), words=block)},
    ]


def _render_system(request: PieceRequest, rung: Rung, nonce: str) -> str:
    spec = CHANNELS[request.channel]
    in_prompt = rung in (Rung.JSON, Rung.PROMPT)
    return words.SYSTEM.format(
        title=spec.title,
        fields="\n".join(_describe_field(spec, field) for field in spec.fields),
        language=_name_language(request.language),
        tone=_name_tone(request),
        markdown=", with Markdown in the body" if request.channel in _LONG else ", no Markdown",
        editorial=' No exclamation mark in headlines, and none twice: "!!".' if spec.platform == "Google" else "",
        opening=_opening(nonce),
        closing=_closing(nonce),
        schema=words.SCHEMA.format(schema=show_schema(request.channel, request.language)) if in_prompt else "",
    )


def _describe_field(spec: ChannelSpec, field: FieldSpec) -> str:
    count = f"a list of {field.least} to {field.most} texts, each" if field.most > 1 else "one text,"
    needs = f'; only where "{field.needs}" is not empty' if field.needs else ""
    empty = f'; "" where there is nothing short to say{needs}' if field.least == 0 else ""
    return f'- "{field.name}" ({field.label.lower()}): {count} {_describe_length(spec, field)}{empty}'


def _describe_length(spec: ChannelSpec, field: FieldSpec) -> str:
    if field.goal is None:
        low, high = (int(share * BODY_CHARS[spec.channel]) for share in _GOOD_SHARE)
        return f"{low} to {high} characters, never over {BODY_CHARS[spec.channel]}"
    if field.soft is None:
        return f"never over {field.hard} characters{_COUNTED[field.unit]}"
    hard = f", never over {field.hard}" if field.hard and field.source.vendor else ""
    return f"at best up to {field.soft} characters{hard}{_COUNTED[field.unit]}"


def _name_language(tag: str) -> str:
    if tag.lower() == "und":
        return "Write in the language of the brief."
    name = _LANGUAGES.get(tag.partition("-")[0].lower())
    # A tag is letters, digits and hyphens; anything else would be words of a user outside a fence.
    safe = "".join(char for char in tag if char.isascii() and (char.isalnum() or char == "-"))[:35]
    if name is None:
        return f"Write in the language with the tag {safe}." if safe else "Write in the language of the brief."
    return f"Write in {name} ({safe}), whatever the language of the material."


def _name_tone(request: PieceRequest) -> str:
    kit = request.brand
    if request.tone.strip() or (kit and kit.voice.strip()):
        return "Write in the tone and voice that the material describes."
    return "Write clearly, warmly and without superlatives."


def _render_user(request: PieceRequest, nonce: str) -> str:
    asked = [words.USER.format(title=CHANNELS[request.channel].title)]
    kit = request.brand
    asked += [words.USE] if kit and kit.words_to_use else []
    asked += [words.AVOID] if kit and kit.words_to_avoid else []
    asked += [words.AGAIN] if request.previous else []
    asked += [words.WISH] if request.wish.strip() else []
    blocks = [_fence(words.BLOCKS[name], text, nonce) for name, text in _list_material(request)]
    return "\n\n".join(["\n".join(asked), *blocks])


def _list_material(request: PieceRequest) -> Iterator[tuple[str, str]]:
    kit = request.brand
    parts: dict[str, Any] = {
        "brief": request.brief,
        "product": request.product,
        "audience": request.audience,
        "tone": request.tone,
        "voice": kit.voice if kit else "",
        "brand_audience": kit.audience if kit and not request.audience.strip() else "",
        "words_to_use": "\n".join(kit.words_to_use) if kit else "",
        "words_to_avoid": "\n".join(kit.words_to_avoid) if kit else "",
        "previous": json.dumps(request.previous, ensure_ascii=False, indent=1) if request.previous else "",
        "wish": request.wish,
    }
    for name, text in parts.items():
        if text.strip():
            yield name, text


def _fence(name: str, text: str, nonce: str) -> str:
    return f"{_opening(nonce)} {name}\n{text}\n{_closing(nonce)}"


def _opening(nonce: str) -> str:
    return f"<<<{nonce}"


def _closing(nonce: str) -> str:
    return f"{nonce}>>>"
