"""Counting, shortening and composing what short platforms show; Bluesky's facets."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.providers.publishing.protocol import Complaint, Content, Count, Limit, Unit
from nightdesk.providers.publishing.text import (
    Short,
    complain_of_counts,
    complain_of_emptiness,
    compose_short,
    compose_short_markdown,
    count,
    count_parts,
    hashtag,
    shorten,
    to_facets,
    to_plain,
    to_slack,
)
from tests.unit.providers.publishing.sources import WORDS, sources, words

UNITS = (Unit.CHARACTERS, Unit.GRAPHEMES, Unit.UTF16, Unit.BYTES)
LINK = "https://kettle.example/quiet-mornings"
texts = st.lists(st.sampled_from([*WORDS, " ", "\n", ", ", "a"]), max_size=60).map("".join)
limits = st.builds(
    Limit,
    part=st.just("body"),
    unit=st.sampled_from(UNITS),
    most=st.integers(0, 120),
    most_bytes=st.none() | st.integers(0, 200),
)


def is_within(text: str, limit: Limit) -> bool:
    return count(text, limit.unit) <= limit.most and count(text, Unit.BYTES) <= (
        limit.most_bytes or 10**9 * (limit.most_bytes is None)
    )


@given(texts, limits)
def test_shortened_text_fits_and_ends_at_a_grapheme(text: str, limit: Limit) -> None:
    short = shorten(text, limit)

    assert is_within(short, limit)
    if short != text:
        start = short.removesuffix("…")
        assert text.startswith(start)
        assert regex.findall(r"\X", text)[: count(start, Unit.GRAPHEMES)] == regex.findall(r"\X", start)
    else:
        assert is_within(text, limit)


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (100, "Quiet mornings, by two"),
        (18, "Quiet mornings…"),
        (15, "Quiet mornings…"),
        (9, "Quiet…"),
        (3, "Qu…"),
        (0, ""),
    ],
)
def test_shortened_text_ends_at_a_word(most: int, expected: str) -> None:
    limit = Limit(part="body", unit=Unit.CHARACTERS, most=most)

    assert shorten("Quiet mornings, by two", limit) == expected


CONTENT = Content(
    title="Quiet mornings",
    body="The **kettle** is quiet. " * 20,
    excerpt="It boils in 90 seconds and is quieter than a tap.",
    tags=("content marketing", "tea", "2026"),
    canonical_url=LINK,
)
LIMIT = Limit(part="body", unit=Unit.GRAPHEMES, most=127, most_bytes=3000)


def test_short_body_is_shown_whole_with_its_tags() -> None:
    content = Content(title="Quiet mornings", body="It is **quiet**. #Tea", tags=CONTENT.tags)

    assert compose_short(content, limits=[LIMIT], hashtags=True) == Short(
        text="It is quiet. #Tea\n\n#ContentMarketing", is_shortened=False
    )
    assert compose_short_markdown(content, limits=[LIMIT], hashtags=False) == Short(
        text="It is **quiet**. #Tea", is_shortened=False
    )


def test_long_body_becomes_title_excerpt_and_link() -> None:
    assert compose_short(CONTENT, limits=[LIMIT], hashtags=True) == Short(
        text=f"Quiet mornings\n\nIt boils in 90 seconds and is quieter than a tap.\n\n{LINK}\n\n#ContentMarketing",
        is_shortened=True,
    )


def test_excerpt_is_cut_before_the_title_and_the_link_never() -> None:
    def compose(most: int) -> str:
        limit = Limit(part="body", unit=Unit.CHARACTERS, most=most)
        return compose_short(CONTENT, limits=[limit], hashtags=True).text

    assert compose(80) == f"Quiet mornings\n\nIt boils in 90 seconds…\n\n{LINK}"
    assert compose(56) == f"Quiet mornings\n\n{LINK}"
    assert compose(46) == f"Quiet…\n\n{LINK}"
    assert compose(20) == LINK


def test_body_that_was_meant_is_never_cut() -> None:
    content = Content(title="", body="x" * 200, is_body_meant=True, tags=("tea",))

    assert compose_short(content, limits=[LIMIT], hashtags=True) == Short(text="x" * 200, is_shortened=False)


@given(sources, st.integers(60, 200), words)
def test_composed_text_fits_as_it_is_written(body: str, most: int, title: str) -> None:
    content = Content(title=title, body=body, canonical_url=LINK, tags=("tea & cups", title))
    limit = Limit(part="body", unit=Unit.BYTES, most=most)

    plain = compose_short(content, limits=[limit], hashtags=True)
    slack = compose_short_markdown(content, limits=[limit], hashtags=True, written=to_slack)

    assert count(plain.text, Unit.BYTES) <= most
    assert count(to_slack(slack.text), Unit.BYTES) <= most


@given(st.text(st.sampled_from("ab *_`[]()<>#&!.-+|~\\1é👩\n"), max_size=40))
def test_excerpt_stands_in_markdown_as_it_is(excerpt: str) -> None:
    content = Content(title="", body="word " * 100, excerpt=excerpt)
    limit = Limit(part="body", unit=Unit.CHARACTERS, most=200)

    written = compose_short_markdown(content, limits=[limit], hashtags=False).text

    if excerpt.strip():
        assert to_plain(written).split() == excerpt.split()


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("content marketing", "#ContentMarketing"),
        ("tea", "#tea"),
        ("e-mail", "#EMail"),
        ("C++", "#C"),
        ("2026", ""),
        ("über uns", "#ÜberUns"),
        ("東京", "#東京"),
        ("+", ""),
    ],
)
def test_tag_becomes_a_hashtag(tag: str, expected: str) -> None:
    assert hashtag(tag) == expected


@given(st.lists(words | st.sampled_from(["#tea", "#東京", LINK, "#1", f"{LINK}/ü,", "(#no)", "#end."]), max_size=12))
def test_facets_select_exactly_links_and_tags(said: list[str]) -> None:
    text = " ".join(said)
    raw = text.encode()

    found = [
        (raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(), one["features"][0])
        for one in to_facets(text)
    ]

    expected = {
        "#tea": ("#tea", {"$type": "app.bsky.richtext.facet#tag", "tag": "tea"}),
        "#東京": ("#東京", {"$type": "app.bsky.richtext.facet#tag", "tag": "東京"}),
        "#end.": ("#end", {"$type": "app.bsky.richtext.facet#tag", "tag": "end"}),
        LINK: (LINK, {"$type": "app.bsky.richtext.facet#link", "uri": LINK}),
        f"{LINK}/ü,": (f"{LINK}/ü", {"$type": "app.bsky.richtext.facet#link", "uri": f"{LINK}/ü"}),
    }
    assert found == [expected[word] for word in said if word in expected]


def test_counts_say_how_much_of_each_limit_is_used() -> None:
    asked = [
        Limit(part="title", unit=Unit.CHARACTERS, most=10),
        Limit(part="body", unit=Unit.GRAPHEMES, most=3, most_bytes=20),
        Limit(part="tags", unit=Unit.ITEMS, most=4),
        Limit(part="images", unit=Unit.ITEMS, most=0),
        Limit(part="alt", unit=Unit.CHARACTERS, most=100),
    ]

    counts = count_parts(asked, title="Kettle", body="👩‍👩‍👧 tea", tags=["a"] * 5, images=1)

    assert counts == (
        Count(part="title", unit=Unit.CHARACTERS, used=6, most=10),
        Count(part="body", unit=Unit.GRAPHEMES, used=5, most=3),
        Count(part="body", unit=Unit.BYTES, used=22, most=20),
        Count(part="tags", unit=Unit.ITEMS, used=5, most=4),
        Count(part="images", unit=Unit.ITEMS, used=1, most=0),
    )
    assert complain_of_counts(counts, name="Slack") == (
        Complaint(part="body", message="The body has 5 characters; Slack takes 3. Shorten it by 2."),
        Complaint(part="body", message="The body has 22 bytes; Slack takes 20. Shorten it by 2."),
        Complaint(part="tags", message="There are 5 tags; Slack takes 4. Take away 1."),
        Complaint(part="images", message="There is 1 image; Slack takes none. Take away 1."),
    )


def test_empty_body_is_complained_of() -> None:
    assert complain_of_emptiness(Content(title="Quiet", body=" \n")) == (
        Complaint(part="body", message="There is nothing to publish. Write the body first."),
    )
    assert complain_of_emptiness(CONTENT) == ()
