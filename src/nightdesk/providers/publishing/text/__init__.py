"""Markdown as each platform wants it, and how much of it there is.

The source is CommonMark with tables, strikethrough and bare addresses as links; pictures are `![alt](asset:<id>)`.
"""

from nightdesk.providers.publishing.text.composing import Short, compose_short, compose_short_markdown, hashtag
from nightdesk.providers.publishing.text.counting import count
from nightdesk.providers.publishing.text.discord import to_discord
from nightdesk.providers.publishing.text.facets import to_facets
from nightdesk.providers.publishing.text.html import clean_html, to_html
from nightdesk.providers.publishing.text.markdown import escape, to_markdown
from nightdesk.providers.publishing.text.measuring import complain_of_counts, complain_of_emptiness, count_parts
from nightdesk.providers.publishing.text.plain import to_plain
from nightdesk.providers.publishing.text.shortening import shorten
from nightdesk.providers.publishing.text.slack import to_slack
from nightdesk.providers.publishing.text.source import PictureRef, has_foreign_pictures, pictures_in
from nightdesk.providers.publishing.text.telegram import to_telegram

__all__ = [
    "PictureRef",
    "Short",
    "clean_html",
    "complain_of_counts",
    "complain_of_emptiness",
    "compose_short",
    "compose_short_markdown",
    "count",
    "count_parts",
    "escape",
    "has_foreign_pictures",
    "hashtag",
    "pictures_in",
    "shorten",
    "to_discord",
    "to_facets",
    "to_html",
    "to_markdown",
    "to_plain",
    "to_slack",
    "to_telegram",
]
