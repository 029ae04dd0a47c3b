"""The form of a brand kit: what a browser sends, as the services take it, and back."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import QueryDict

from nightdesk.campaigns.models import MAX_COLOURS, BrandKitVersion

#: Empty lines that the form offers for more colours.
SPARE_COLOURS: Final = 3


def read_brand_form(sent: QueryDict) -> dict[str, Any]:
    """Read the fields of a kit: words stand one a line, colours in pairs of name and hex value."""
    pairs = zip(sent.getlist("colour_name"), sent.getlist("colour_hex"), strict=False)
    return {
        "name": sent.get("name", ""),
        "voice": sent.get("voice", "").replace("\r\n", "\n"),
        "audience": sent.get("audience", ""),
        "words_to_use": _lines(sent.get("words_to_use", "")),
        "words_to_avoid": _lines(sent.get("words_to_avoid", "")),
        "colours": [{"name": name, "hex": code} for name, code in pairs if name.strip() or code.strip()],
    }


def fields_of(version: BrandKitVersion) -> dict[str, Any]:
    """Return what a version says, in the shape of `read_brand_form`."""
    return {
        "name": version.kit.name,
        "voice": version.voice,
        "audience": version.audience,
        "words_to_use": version.words_to_use,
        "words_to_avoid": version.words_to_avoid,
        "colours": version.colours,
    }


def form_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as the form shows them: lists as lines, and empty rows for more colours."""
    colours: Sequence[Mapping[str, str]] = fields.get("colours", [])
    spare = min(SPARE_COLOURS, max(0, MAX_COLOURS - len(colours)))
    return {
        **fields,
        "words_to_use": "\n".join(fields.get("words_to_use", [])),
        "words_to_avoid": "\n".join(fields.get("words_to_avoid", [])),
        "colours": [*colours, *({"name": "", "hex": ""} for _ in range(spare))],
    }


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]
