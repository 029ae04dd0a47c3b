"""Whether a campaign and its pieces agree with its brand kit, said in plain sentences."""

from collections.abc import Mapping
from typing import Any, Final

from nightdesk.campaigns.models import BrandKitVersion, Campaign
from nightdesk.providers.text.brand import find_forbidden, quote_words, say_forbidden

#: What pieces are made of, with the name that people know it by.
_DEMANDS: Final = {"name": "name", "product": "product", "brief": "brief"}


def find_conflicts(campaign: Campaign, brand: BrandKitVersion | None) -> list[str]:
    """Say where the campaign asks for words that the kit forbids: one sentence for each of name, product and brief."""
    if brand is None:
        return []
    found = {title: find_forbidden([getattr(campaign, name)], brand.words_to_avoid) for name, title in _DEMANDS.items()}
    return [
        f"The {title} says {quote_words(words)}, which the brand kit “{brand.kit.name}” forbids. "
        f"Change the {title} or the brand kit; until then pieces may say it or may leave it out."
        for title, words in found.items()
        if words
    ]


def find_lapses(fields: Mapping[str, Any], brand: BrandKitVersion | None) -> list[str]:
    """Say which words to avoid a piece holds: one sentence, or none."""
    return say_forbidden(fields, brand.words_to_avoid) if brand is not None else []
