"""Markdown as HTML that is safe to show anywhere."""

from typing import Final

import nh3

from nightdesk.providers.publishing.text.reading import ASSET, Address, parser, read

_TAGS: Final = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "code": {"class"},
    "td": {"style"},
    "th": {"style"},
}
_SCHEMES: Final = {"http", "https", "mailto", "asset"}


def to_html(markdown: str, *, address: Address) -> str:
    """Write a text as HTML, cleaned by a list of what is allowed. Pictures that have no address are left out."""
    tokens = read(markdown)
    for token in tokens:
        kept = []
        for child in token.children or ():
            source = str(child.attrs.get("src", "")) if child.type == "image" else ""
            if source.startswith(ASSET):
                child.attrs["src"] = address(source.removeprefix(ASSET))
                if not child.attrs["src"]:
                    continue
            kept.append(child)
        if token.children is not None:
            token.children = kept
    made = parser().renderer.render(tokens, parser().options, {})
    return nh3.clean(
        made,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        link_rel="noopener",
        filter_style_properties={"text-align"},
    )
