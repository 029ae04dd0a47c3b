"""Parts of addresses made from titles."""

from typing import Final

from django.utils.text import slugify

_MOST_CHARS: Final = 80


def make_slug(title: str) -> str:
    """Write a title as a part of an address: small letters, digits and hyphens of any writing; "" where nothing is left."""
    return slugify(title, allow_unicode=True)[:_MOST_CHARS].strip("-_")
