"""How Mastodon counts a text: any address is 23 characters long, and a mention as long as its name without the server.

https://docs.joinmastodon.org/user/posting/#text and `StatusLengthValidator` of its source: it counts graphemes, and the
content warning with the text.
"""

import re
from typing import Final

from nightdesk.providers.publishing.text.source import link_finder

#: What an address counts where the server does not say (`configuration.statuses.characters_reserved_per_url`).
ADDRESS_CHARS: Final = 23
_MENTION: Final = re.compile(r"(?<![=/\w])@([a-z0-9_]+(?:[a-z0-9_.-]+[a-z0-9_]+)?)@[\w.-]+\w", re.IGNORECASE)


def weigh(text: str, *, address_chars: int = ADDRESS_CHARS) -> str:
    """Return a text whose length is what Mastodon counts of this one."""
    written, at = "", 0
    for match in link_finder().match(text) or []:
        if match.schema in ("http:", "https:"):
            written += _shorten_mentions(text[at : match.index]) + "x" * address_chars
            at = match.last_index
    return written + _shorten_mentions(text[at:])


def _shorten_mentions(text: str) -> str:
    return _MENTION.sub(r"@\1", text)
