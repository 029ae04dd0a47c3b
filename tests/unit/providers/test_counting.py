"""Lengths as the platforms count them; the figures for X are twitter-text's own examples."""

import unicodedata

import pytest

from nightdesk.providers.text.channels import Unit
from nightdesk.providers.text.counting import count_text


@pytest.mark.parametrize(
    ("text", "characters", "double_width", "weighted"),
    [
        ("", 0, 0, 0),
        ("a", 1, 1, 1),
        ("Grüße", 5, 5, 5),
        (unicodedata.normalize("NFD", "café"), 4, 4, 4),
        ("コーヒー", 4, 8, 8),
        ("ｆｕｌｌ", 4, 8, 8),
        ("咖啡 now", 6, 8, 8),
        ("قهوة", 4, 4, 4),
        ("кофе", 4, 4, 4),
        ("Ồ", 1, 1, 2),  # outside the ranges of the configuration, though a page of X says 1
        ("\u2014", 1, 1, 1),  # a dash, in the light range
        ("\u2030", 1, 1, 2),  # per mille: in none of the light ranges
        ("👾", 1, 2, 2),
        ("🙋🏽", 2, 4, 2),
        ("👨‍🎤", 3, 5, 2),
        ("👨‍👩‍👧‍👦", 7, 11, 2),
        ("🇩🇪", 2, 2, 2),
        ("❤️", 2, 2, 2),
        ("1️⃣", 3, 3, 2),
        ("👾👾", 2, 4, 4),
    ],
)
def test_text_is_counted_in_each_unit(text: str, characters: int, double_width: int, weighted: int) -> None:
    assert count_text(text, Unit.CHARACTERS) == characters
    assert count_text(text, Unit.DOUBLE_WIDTH) == double_width
    assert count_text(text, Unit.WEIGHTED) == weighted


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("https://x.io", 23),
        ("https://nimbus.example/a/very/long/path?with=query&and=more#there", 23),
        ("See https://nimbus.example now", 4 + 23 + 4),
        ("http://a.example http://b.example", 23 + 1 + 23),
        ("nimbus.example", 23),  # X links it if the name's end is a real one, and we do not know them all
        ("a-very-long-name-that-is-longer.than-any-link", 45),
        ("v1.2 and 3.5 kg", 15),
        ("https://localhost/path", 22),
    ],
)
def test_link_counts_as_x_shortens_it(text: str, length: int) -> None:
    assert count_text(text, Unit.WEIGHTED) == length
