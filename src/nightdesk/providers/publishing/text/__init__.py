"""Markdown as each platform wants it, and how much of it there is.

The source is CommonMark with tables, strikethrough and bare addresses as links; pictures are `![alt](asset:<id>)`.

reading.py    the source as tokens      html.py    as HTML, cleaned       plain.py   as plain text
counting.py   lengths by unit           limits.py  what fits              short.py   what short platforms show
"""

from nightdesk.providers.publishing.text.counting import count
from nightdesk.providers.publishing.text.html import to_html
from nightdesk.providers.publishing.text.limits import EMPTY, complain_of_counts, count_parts, fits, shorten
from nightdesk.providers.publishing.text.plain import to_plain
from nightdesk.providers.publishing.text.reading import ASSET, Address, PictureRef, pictures_in
from nightdesk.providers.publishing.text.short import Short, compose_short, write_hashtags

__all__ = [
    "ASSET",
    "EMPTY",
    "Address",
    "PictureRef",
    "Short",
    "complain_of_counts",
    "compose_short",
    "count",
    "count_parts",
    "fits",
    "pictures_in",
    "shorten",
    "to_html",
    "to_plain",
    "write_hashtags",
]
