"""Keep secrets out of rows, logs and errors, and keep text storable."""

import re
from collections.abc import Mapping
from typing import Final

MASK: Final = "[hidden]"

#: Whole words of a key that mark its value as secret; `max_tokens` is a count, `api_token` is a secret.
_SECRET_KEY: Final = re.compile(
    r"""(?ix)
    ^(?: key | (?: .*[_\-.\s] )?
      (?: token | (?:access|auth|refresh|bearer)_?tokens | pass(?:word|wd|phrase)s? | pwd | secrets?
        | (?:api|private|secret|access|encryption|signing|fernet)[_\-]?keys? | authorization | credentials?
        | cookies? | session_?id | signature | dsn | webhook_?url )
    )$
    """
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

#: Secrets inside free text, each with the part that may stay.
_IN_TEXT: Final = (
    re.compile(r"(?i)(\b(?:bearer|basic|token)\s+)[a-z0-9._~+/=\-]{8,}"),
    re.compile(r"(?i)(\b[a-z][a-z0-9+.\-]*://[^\s:/@]*:)[^\s/@]+(?=@)"),
    re.compile(
        r"""(?ix)
        (\b[\w\-]*(?:api[_\-]?key|token|passw(?:or)?d|passphrase|secret|authorization)["']?\s*[=:]\s*["']?)
        (?!\s|\[hidden\]|(?:bearer|basic)\s)[^\s"'&,;}\])]{4,}
        """
    ),
    re.compile(r"(\b)(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abprs]|nd)[-_][A-Za-z0-9_\-]{16,}"),
    re.compile(r"(\b)eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"),
)
_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def redact(value: object) -> object:
    """Return a copy of a JSON-like value with every secret masked; anything else comes back as it is.

    Values under secret-looking keys are masked whole; bearer tokens, keys and passwords in URLs are masked inside
    strings. Safe to repeat.
    """
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {key: _redact_item(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item) for item in value]
    return value


def _redact_item(key: object, item: object) -> object:
    if is_secret_key(key) and item not in (None, "", True, False):
        return MASK
    return redact(item)


def is_secret_key(key: object) -> bool:
    """Whether a key's name says that its value is secret: `api_key`, `clientSecret`, `Authorization`, `X-Auth-Token`."""
    return isinstance(key, str) and bool(_SECRET_KEY.search(_CAMEL.sub("_", key)))


def redact_text(text: str) -> str:
    """Mask bearer tokens, keys and passwords inside free text; the words around them stay."""
    for pattern in _IN_TEXT:
        text = pattern.sub(rf"\1{MASK}", text)
    return text


def clean_text(text: str) -> str:
    """Make text storable everywhere: NUL is removed (PostgreSQL refuses it), lone surrogates become U+FFFD."""
    return _LONE_SURROGATE.sub("\ufffd", text.replace("\x00", ""))
