"""Looking for words in rows, the same way in both databases."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q


def holds(text: str, fields: Iterable[str]) -> Q:
    """Ask whether one of these fields holds the text, however it is capitalized."""
    # SQLite knows upper and lower case of ASCII alone: the usual ways to write a word are asked for one by one.
    spellings = {text}
    if not text.isascii():
        spellings |= {text.lower(), text.upper(), text.title(), text.capitalize()}
    return reduce(or_, (Q(**{f"{field}__icontains": word}) for field in fields for word in sorted(spellings)))
