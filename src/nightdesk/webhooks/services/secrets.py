"""Secrets of endpoints, sealed and opened."""

import json
from collections.abc import Sequence

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.sealing import seal, unseal
from nightdesk.providers.webhooks.signing import BadSecret, make_secret, read_secret


def choose_secret(given: str, *, field: str) -> str:
    """Return the secret that was given, or a new one.

    Raises:
        InvalidInput: it is none. The sentence does not repeat it.
    """
    if not given:
        return make_secret()
    try:
        read_secret(given)
    except BadSecret as error:
        raise InvalidInput(details={field: [str(error)]}) from None
    return given


def seal_secrets(secrets: Sequence[str]) -> str:
    """Encrypt secrets, the newest first."""
    return seal(json.dumps(list(secrets)))


def open_secrets(sealed: str) -> list[str]:
    """Return what `seal_secrets` encrypted.

    Raises:
        Misconfigured: the key that sealed it is not among the settings.
    """
    return [str(one) for one in json.loads(unseal(sealed))]
