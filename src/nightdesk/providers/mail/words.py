"""What another side said, made fit to be shown: on one line, short, and without the secrets that it may have repeated."""

from collections.abc import Iterable
from typing import Final

_MOST_CHARS: Final = 200


def clean_words(said: str, *, secrets: Iterable[str]) -> str:
    """Return what was said for people."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        said = said.replace(secret, "***")
    plain = "".join(sign if sign.isprintable() else " " for sign in said)
    return " ".join(plain.split())[:_MOST_CHARS].strip()
