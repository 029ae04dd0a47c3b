"""What changed between two texts, in words."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.web.differences import Stretch, compare_texts

WORDS = st.lists(st.sampled_from(["a", "kettle", "boils.", "quiet", "\n", "!", " ", "é", "東京"]), max_size=30).map(
    " ".join
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("", "New.", [("added", "New.")]),
        ("Old.", "", [("removed", "Old.")]),
        ("Same text.", "Same text.", [("same", "Same text.")]),
        (
            "A kettle that boils in 90 seconds.",
            "A kettle that boils in 60 seconds.",
            [("same", "A kettle that boils in "), ("removed", "90"), ("added", "60"), ("same", " seconds.")],
        ),
        (
            "First line\nSecond line",
            "First line\nNew between\nSecond line",
            [("same", "First line\n"), ("added", "New between\n"), ("same", "Second line")],
        ),
        # A word or two in common do not make one sentence the other's child.
        (
            "We launch in May.",
            "Order it in shops.",
            [("removed", "We launch in May"), ("added", "Order it in shops"), ("same", ".")],
        ),
    ],
)
def test_texts_are_compared_in_stretches(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert [(stretch.kind, stretch.text) for stretch in compare_texts(old, new)] == expected


@given(WORDS, WORDS)
def test_both_texts_are_in_the_stretches(old: str, new: str) -> None:
    stretches = compare_texts(old, new)
    assert _without("added", stretches) == old
    assert _without("removed", stretches) == new


def test_longest_texts_are_compared_without_waiting() -> None:
    old, new = (" ".join(f"{start}{number}" for number in range(6_000)) for start in "ab")
    began_s = time.process_time()
    assert [stretch.kind for stretch in compare_texts(old, new)] == ["removed", "added"]
    assert time.process_time() - began_s < 2


@pytest.mark.parametrize("size", [150, 700, 20_000])
def test_texts_that_repeat_themselves_are_compared_without_waiting(size: int) -> None:
    words = "so " * size, "so " * (size // 2) + "very " + "so " * size
    sentences = "a." * size, "a.a!" * (size // 2)
    began_s = time.process_time()
    for old, new in (words, sentences):
        stretches = compare_texts(old, new)
        assert (_without("added", stretches), _without("removed", stretches)) == (old, new)
        assert compare_texts(old, old) == [Stretch("same", old)]
    assert time.process_time() - began_s < 2


def _without(kind: str, stretches: list[Stretch]) -> str:
    return "".join(stretch.text for stretch in stretches if stretch.kind != kind)
