"""HTML that is safe to show, and Markdown with addresses in place of assets."""

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from nightdesk.providers.publishing.text import clean_html, has_foreign_pictures, pictures_in, to_html, to_markdown
from nightdesk.providers.publishing.text.source import PictureRef
from tests.unit.providers.publishing.sources import ASSET, OTHER_ASSET, sources

ALLOWED = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p"),
    *("pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
#: After OWASP's "XSS Filter Evasion Cheat Sheet", in the forms that Markdown lets through most easily.
VECTORS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<style>*{background:url(https://evil.example)}</style>",
    "<math><mtext></form><form><mglyph><svg><mtext><textarea><path id='</textarea><img onerror=alert(1) src=1>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    '![x](https://kettle.example/"onerror="alert(1))',
    '[x](https://kettle.example/ "onmouseover=alert(1)")',
    "<javascript:alert(1)>",
    "![\"onerror=alert(1)](asset:abcdefghijklmnopqrstuvwx)",
    "```js\" onmouseover=\"alert(1)\n<script>alert(1)</script>\n```",
    "[a]: javascript:alert(1)\n\n[a]",
    f"[x](asset:{ASSET})",
)  # fmt: skip


#: As those read who let HTML through.
READS_HTML = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class Tags(HTMLParser):
    """The tags of some HTML, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def address(asset_id: str) -> str:
    return f"https://desk.kettle.example/{asset_id}"


def check_safe(html: str) -> None:
    for tag, attributes in Tags(html).tags:
        assert tag in ALLOWED
        assert set(attributes) <= {"href", "title", "rel", "src", "alt", "class", "align", "start"}
        for place in (attributes.get("href"), attributes.get("src")):
            scheme = re.match(r"[\s\0-\x20]*([a-z][a-z0-9+.-]*):", place or "", re.IGNORECASE)
            assert scheme is None or scheme[1].lower() in ("https", "http", "mailto")


@pytest.mark.parametrize("vector", VECTORS)
def test_html_of_an_attack_is_harmless(vector: str) -> None:
    check_safe(to_html(vector, address=address))
    check_safe(clean_html(vector))


@given(st.lists(st.sampled_from([*VECTORS, "\n", " ", "> ", "`", "**"]), max_size=6).map("".join) | sources)
def test_html_of_anything_is_harmless_and_stays_as_it_is_when_cleaned_again(source: str) -> None:
    html = to_html(source, address=address)

    check_safe(html)
    assert Tags(clean_html(html)).tags == Tags(html).tags


def test_html_has_what_articles_have() -> None:
    source = f"# Head\n\n1. a\n2. b\n\n> q\n\n```py\nx\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n![cup](asset:{ASSET})"

    assert to_html(source, address=address, top_heading=2).replace("\n", "") == (
        "<h2>Head</h2><ol><li>a</li><li>b</li></ol><blockquote><p>q</p></blockquote>"
        '<pre><code class="language-py">x</code></pre>'
        '<table><thead><tr><th>a</th><th align="right">b</th></tr></thead>'
        '<tbody><tr><td>1</td><td align="right">2</td></tr></tbody></table>'
        f'<p><img src="https://desk.kettle.example/{ASSET}" alt="cup"></p>'
    )


def test_picture_without_an_address_leaves_its_words() -> None:
    source = f"![a *cup*](asset:{ASSET}) ![far](https://kettle.example/x.jpg)"

    assert to_html(source, address=lambda _: "", foreign_pictures=False) == "<p>a <em>cup</em> far</p>\n"
    assert has_foreign_pictures(source)


@given(sources)
def test_markdown_with_addresses_is_the_same_text_with_other_pictures(source: str) -> None:
    written = to_markdown(source, address=address)

    assert to_html(written, address=address) == to_html(source, address=address)
    assert re.search(r"https://\S*<", source) or not [
        token for token in walk(READS_HTML.parse(written)) if token.type.startswith("html")
    ]


def walk(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from walk(token.children or [])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a <b>c</b> `<i>` <https://kettle.example>", r"a \<b>c\</b> `<i>` <https://kettle.example>"),
        ("<div>\n\n> <u>x</u>\n> <!-- y -->", "\\<div>\n\n> \\<u>x\\</u>\n> \\<!-- y -->"),
        ("| <a> | <a> |\n|---|---|\n| <a> | `<a>` |", "| \\<a> | \\<a> |\n|---|---|\n| \\<a> | `<a>` |"),
        (r"\<b> 1 < 2", r"\<b> 1 \< 2"),
    ],
)
def test_markdown_shows_tags_as_text(source: str, expected: str) -> None:
    assert to_markdown(source, address=address) == expected


def test_markdown_keeps_assets_that_are_no_pictures() -> None:
    source = f"![a](asset:{ASSET}) `![a](asset:{ASSET})`\n\n    ![a](asset:{ASSET})\n\n![b][r] asset:{ASSET}\n\n[r]: asset:{OTHER_ASSET}\n"

    assert to_markdown(source, address=address) == (
        f"![a]({address(ASSET)}) `![a](asset:{ASSET})`\n\n    ![a](asset:{ASSET})\n\n![b][r] asset:{ASSET}\n\n"
        f"[r]: {address(OTHER_ASSET)}\n"
    )


def test_pictures_are_found_in_order_and_once() -> None:
    source = (
        f"[![the *cup*](asset:{OTHER_ASSET})](https://kettle.example) ![x](asset:{ASSET})\n\n- ![again](asset:{OTHER_ASSET})\n\n"
        f"`![no](asset:{'a' * 24})` ![far](https://kettle.example/x.jpg)"
    )

    assert pictures_in(source) == [PictureRef(OTHER_ASSET, "the cup"), PictureRef(ASSET, "x")]
