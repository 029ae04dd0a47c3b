"""Markdown as HTML that is safe to show."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from nightdesk.providers.publishing.text.source import ASSET_PREFIX, asset_of, images_of, read, reader

_TAGS: Final = frozenset(
    [
        "a",
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
_ATTRIBUTES: Final[Mapping[str, set[str]]] = {
    "a": {"href", "title"},
    "code": {"class"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
}
_SCHEMES: Final = {"http", "https", "mailto", ASSET_PREFIX.rstrip(":")}
_LANGUAGE: Final = re.compile(r"language-[\w+#.-]{1,40}")
_ALIGNMENTS: Final = {f"text-align:{side}": side for side in ("left", "center", "right")}

Address = Callable[[str], str]


def to_html(markdown: str, *, address: Address, top_heading: int = 1, foreign_pictures: bool = True) -> str:
    """Write Markdown as HTML.

    `address` gives the place of an asset's file, as it is to stand in `<img src>`; "": the picture is left out, and its
    words stay. HTML in the source is shown as the text that it is; a link to anything but a web page or a mail address
    leads nowhere. `top_heading`: the level of `#`, for pages that have a heading of their own. Without `foreign_pictures`
    only the words are shown of pictures that are not ours.
    """
    tokens = read(markdown)
    for token in images_of(tokens):
        asset_id = asset_of(str(token.attrs["src"]))
        if asset_id is not None:
            token.attrs["src"] = address(asset_id)
        elif not foreign_pictures:
            token.attrs["src"] = ""
    for token in tokens:
        _adapt(token, top_heading)
    return clean_html(_renderer().render(tokens, reader().options, {}))


def clean_html(html: str, *, base_url: str = "") -> str:
    """Return HTML with nothing in it but what articles are made of. Safe to repeat.

    `base_url`: what addresses without a host are completed with, for those who read it elsewhere.
    """
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={name: set(names) for name, names in _ATTRIBUTES.items()},
        attribute_filter=_filter_attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
        url_relative=("rewrite_with_base", base_url) if base_url else "pass_through",
    )


def _adapt(token: Token, top_heading: int) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(6, int(token.tag[1:]) + top_heading - 1)}"
    elif token.type in ("th_open", "td_open") and "style" in token.attrs:
        # A content policy without inline styles lets `align` pass.
        token.attrs["align"] = _ALIGNMENTS[str(token.attrs.pop("style"))]


def _filter_attribute(_tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return value if _LANGUAGE.fullmatch(value) else None
    if name == "href" and value.strip().lower().startswith(ASSET_PREFIX):
        return None
    return value


class _Renderer(RendererHTML):
    """The usual one, with the words of a picture in its place where it has no address."""

    def image(self, tokens: Any, idx: int, options: Any, env: Any) -> str:
        """Write one image."""
        token = tokens[idx]
        if token.attrs["src"]:
            return super().image(tokens, idx, options, env)
        return str(self.renderInline(token.children or [], options, env))


@cache
def _renderer() -> RendererHTML:
    return _Renderer(MarkdownIt())
