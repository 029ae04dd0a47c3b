"""Text that both databases can keep, wherever it stands in a body."""

from typing import Any

import pytest

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.parsing import UNSTORABLE, refuse_unstorable


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ("a\x00", ["body"]),
        ({"a": "b\x00"}, ["a"]),
        ({"a": {"b": ["fine", "\ud800"]}}, ["a.b.1"]),
        ([{"a": "\udfff"}], ["0.a"]),
        ({"k\x00": 1}, ["k"]),
        ({"a": "\x00", "b": "\x00"}, ["a", "b"]),
    ],
)
def test_unstorable_text_is_named_by_its_place(value: Any, places: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        refuse_unstorable(value)

    assert refused.value.details == {place: [UNSTORABLE] for place in places}


@pytest.mark.parametrize("value", [None, 5, "täxt 🌷", {"a": ["b", {"c": None}]}, [], "tab\tand\nline"])
def test_storable_values_pass(value: Any) -> None:
    refuse_unstorable(value)


def test_depth_is_no_danger() -> None:
    value: Any = "\x00"
    for _ in range(100_000):
        value = [value]

    with pytest.raises(InvalidInput):
        refuse_unstorable(value)
