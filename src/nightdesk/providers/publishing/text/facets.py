"""Links and hashtags of a plain text, as Bluesky marks them: by bytes of UTF-8.

https://docs.bsky.app/docs/advanced-guides/post-richtext and the lexicon `app.bsky.richtext.facet`.
"""

import re
from typing import Any, Final

import regex

from nightdesk.providers.publishing.protocol import Unit
from nightdesk.providers.publishing.text.counting import count
from nightdesk.providers.publishing.text.source import link_finder

_MOST_TAG_GRAPHEMES: Final = 64
_MOST_TAG_BYTES: Final = 640
#: Bluesky's own rule (`TAG_REGEX` of @atproto/api): a tag begins a word, and is more than digits and signs.
_TAG: Final = regex.compile(r"(?:^|(?<=\s))[#\uff03](?!\ufe0f)([^\s\u00ad\u2060\u200a\u200b\u200c\u200d\u20e2]+)")
_TAG_END: Final = regex.compile(r"\p{P}+$")
_WORDY: Final = re.compile(r"[^\W\d_]")


def to_facets(text: str) -> list[dict[str, Any]]:
    """Return the facets of a text, in order; none overlaps another."""
    found = sorted([*_links(text), *_tags(text)], key=lambda one: (one[0], -one[1]))
    facets, end = [], 0
    for start, stop, feature in found:
        if start < end:
            continue
        first = count(text[:start], Unit.BYTES)
        index = {"byteStart": first, "byteEnd": first + count(text[start:stop], Unit.BYTES)}
        facets.append({"index": index, "features": [feature]})
        end = stop
    return facets


def _links(text: str) -> list[tuple[int, int, dict[str, Any]]]:
    return [
        (match.index, match.last_index, {"$type": "app.bsky.richtext.facet#link", "uri": match.url})
        for match in link_finder().match(text) or []
        if match.schema in ("http:", "https:")
    ]


def _tags(text: str) -> list[tuple[int, int, dict[str, Any]]]:
    tags = []
    for match in _TAG.finditer(text):
        tag = _TAG_END.sub("", match[1])
        if not _WORDY.search(tag) or count(tag, Unit.GRAPHEMES) > _MOST_TAG_GRAPHEMES:
            continue
        if count(tag, Unit.BYTES) > _MOST_TAG_BYTES:
            continue
        feature = {"$type": "app.bsky.richtext.facet#tag", "tag": tag}
        tags.append((match.start(), match.start(1) + len(tag), feature))
    return tags
