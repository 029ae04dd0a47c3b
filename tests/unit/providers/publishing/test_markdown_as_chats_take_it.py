"""Slack, Discord and Telegram: what is marked is what was marked, and nothing in a text calls anybody."""

import re
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.providers.publishing.text import to_discord, to_plain, to_slack, to_telegram
from tests.unit.providers.publishing.sources import ASSET, sources, words

#: What Telegram says may not be in, or around, any other entity but a quote.
_ALONE: Final = {"code", "pre"}
_MARKS: Final = {
    "bold": "**{}**",
    "italic": "*{}*",
    "strikethrough": "~~{}~~",
    "code": "`{}`",
    "text_link": "[{}](https://kettle.example/)",
}


def select(text: str, entity: dict[str, Any]) -> str:
    """Return what an entity marks, counted as Telegram counts."""
    units = text.encode("utf-16-le")
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


@given(st.lists(st.tuples(words, st.sampled_from([None, *_MARKS])), min_size=1, max_size=12))
def test_telegram_entities_mark_exactly_the_words_that_were_marked(said: list[tuple[str, str | None]]) -> None:
    source = " ".join(_MARKS[mark].format(word) if mark else word for word, mark in said)

    text, entities = to_telegram(source)

    assert text == " ".join(word for word, _ in said)
    assert [(one["type"], select(text, one)) for one in entities] == [(mark, word) for word, mark in said if mark]


@given(sources)
def test_telegram_entities_keep_the_rules_of_nesting(source: str) -> None:
    text, entities = to_telegram(source)

    assert text == text.strip()
    for one in entities:
        assert one["length"] > 0
        assert select(text, one)
    for at, outer in enumerate(entities):
        for inner in entities[at + 1 :]:
            end, inner_end = outer["offset"] + outer["length"], inner["offset"] + inner["length"]
            if inner["offset"] >= end:
                continue
            assert outer["offset"] <= inner["offset"] and inner_end <= end  # noqa: PT018 (one rule)
            assert outer["type"] != inner["type"]
            assert outer["type"] not in _ALONE
            assert inner["type"] not in _ALONE or outer["type"] == "blockquote"


def test_telegram_nests_styles_and_lifts_code_out_of_them() -> None:
    text, entities = to_telegram("> **bold *both* `code`** [w](https://kettle.example/)\n\n```py\nx = 1\n```")

    assert text == "bold both code w\n\nx = 1"
    assert [(one["type"], select(text, one)) for one in entities] == [
        ("blockquote", "bold both code w"),
        ("bold", "bold both "),
        ("italic", "both"),
        ("code", "code"),
        ("text_link", "w"),
        ("pre", "x = 1"),
    ]
    assert entities[-2]["url"] == "https://kettle.example/"
    assert entities[-1]["language"] == "py"


@given(sources)
def test_slack_gets_no_sign_that_calls_anybody(source: str) -> None:
    written = re.sub(r"<(?:https?://|mailto:)[^<>|\n]*(?:\|[^<>\n]*)?>", "", to_slack(source), flags=re.IGNORECASE)

    assert "<" not in written
    assert ">" not in re.sub(r"^>(?: |$)", "", written, flags=re.MULTILINE)
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", written)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**b** *i* ~~s~~ `c`", "*b* _i_ ~s~ `c`"),
        ("# Head **line**", "*Head line*"),
        ("*all **of** it*", "_all *of* it_"),
        ("in**side**out", "in\u200b*side*\u200bout"),
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("[a <b> | c](https://kettle.example/?x=1&y=2)", "<https://kettle.example/?x=1&amp;y=2|a &lt;b&gt; | c>"),
        ("https://kettle.example/a_b_c", "<https://kettle.example/a_b_c>"),
        ("> one\n> two\n\nthree", "> one\n> two\n\nthree"),
        ("- a\n  1. b\n  2. c\n- d", "• a\n  1. b\n  2. c\n• d"),
        ("```\na < b\n```", "```\na &lt; b\n```"),
        ("**one\ntwo**", "*one*\n*two*"),
        (f"before\n\n![alt](asset:{ASSET})\n\nafter", "before\n\nafter"),
    ],
)
def test_slack_gets_its_own_marks(source: str, expected: str) -> None:
    assert to_slack(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**b** *i* ~~s~~ `c`", "**b** *i* ~~s~~ `c`"),
        ("## Head\n\ntext", "## Head\n\ntext"),
        ("#### Deep **er**", "**Deep er**"),
        ("***b** i*", "***b** i*"),
        (r"\*not\* \_this\_ \| a\|b", r"\*not\* \_this\_ \| a\|b"),
        ("\\# no head\n\n2026\\. A year\n\n\\- no list", "\\# no head\n\n2026\\. A year\n\n\\- no list"),
        ("&lt;@123&gt; \\`x\\`", "\\<@123\\> \\`x\\`"),
        ("[a](https://kettle.example/b_(c))", "[a](https://kettle.example/b_%28c%29)"),
        ("https://kettle.example/a_b", "https://kettle.example/a_b"),
        ("``a ` b``", "`` a ` b ``"),
        ("> quoted\n> more", "> quoted\n> more"),
        ("```js\nx\n```", "```js\nx\n```"),
    ],
)
def test_discord_gets_its_own_marks(source: str, expected: str) -> None:
    assert to_discord(source) == expected


def test_table_stands_in_letters_of_one_width_where_there_are_any() -> None:
    table = "| Cup | Price |\n|---|---:|\n| two | **9** |\n| a dozen | 10 |"

    assert to_slack(table) == "```\nCup      Price\n-------  -----\ntwo      9\na dozen  10\n```"
    assert to_plain(table) == "Cup | Price\ntwo | 9\na dozen | 10"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A [kettle](https://kettle.example/) *here*", "A kettle (https://kettle.example/) here"),
        ("[https://kettle.example](https://kettle.example/)", "https://kettle.example"),
        ("[write](mailto:mia@kettle.example)", "write (mia@kettle.example)"),
        ("[nowhere](javascript:alert(1)) [up](/top)", "[nowhere](javascript:alert(1)) up"),
        ("![a cup](https://kettle.example/cup.jpg)", "a cup (https://kettle.example/cup.jpg)"),
        ("one  \ntwo\\\nthree", "one\ntwo\nthree"),
        ("a\n\n---\n\nb &amp; c", "a\n\n———\n\nb & c"),
        ("<b>bold</b>", "<b>bold</b>"),
    ],
)
def test_plain_text_says_where_links_lead(source: str, expected: str) -> None:
    assert to_plain(source) == expected
