"""Texts built to fit: whole parts, whole words, nothing said twice."""

from collections.abc import Callable

import pytest

from nightdesk.providers.text.template.fitting import Part, arrange, cut_at_word, first_fitting
from nightdesk.providers.text.template.languages.en import ENGLISH
from nightdesk.providers.text.template.phrases import make_hashtag, make_path, shorten_phrase


def at_most(limit: int) -> Callable[[str], bool]:
    return lambda text: len(text) <= limit


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("alpha beta gamma", 15, "alpha beta\u2026"),
        ("alpha beta gamma", 11, "alpha beta\u2026"),
        ("alpha beta gamma", 10, "alpha\u2026"),
        ("alpha, beta", 8, "alpha\u2026"),
        ("alpha beta", 5, ""),
        ("alphabet", 5, ""),
        ("\u6f22\u5b57\u304b\u306a\u6587", 4, "\u6f22\u5b57\u304b\u2026"),
    ],
)
def test_text_is_cut_after_a_whole_word_and_says_so(text: str, limit: int, cut: str) -> None:
    assert cut_at_word(text, at_most(limit)) == cut


def test_parts_are_chosen_by_rank_and_joined_in_their_order() -> None:
    parts = [Part(1, ["Second choice."]), Part(0, ["First choice."]), Part(2, ["Third."])]

    assert arrange(parts, at_most(28)) == "Second choice. First choice."
    assert arrange(parts, at_most(20)) == "First choice. Third."
    assert arrange(parts, at_most(5)) == ""


def test_shorter_way_to_say_a_part_is_taken_where_the_longer_does_not_fit() -> None:
    assert arrange([Part(0, ["A long sentence.", "Short."])], at_most(8)) == "Short."


def test_what_was_said_is_not_said_again() -> None:
    parts = [Part(0, ["Free delivery until Sunday."]), Part(1, ["Free delivery."]), Part(2, ["Come in."])]

    assert arrange(parts, at_most(99)) == "Free delivery until Sunday. Come in."
    assert first_fitting(["Free delivery", "Come in"], at_most(99), ["Free delivery until Sunday"]) == "Come in"


@pytest.mark.parametrize(
    ("phrase", "limit", "short"),
    [
        ("20% off all jackets until Sunday", 40, "20% off all jackets until Sunday"),
        ("20% off all jackets until Sunday", 30, "20% off all jackets"),
        ("Fresh bread, baked at night", 20, "Fresh bread"),
        ("We open in May", 10, ""),  # "We open" says nothing
        ("Supercalifragilistic", 10, ""),
    ],
)
def test_phrase_is_shortened_only_where_it_may_end(phrase: str, limit: int, short: str) -> None:
    assert shorten_phrase(phrase, at_most(limit), ENGLISH) == short


@pytest.mark.parametrize(
    ("phrase", "hashtag"),
    [("Huerto Vivo", "#HuertoVivo"), ("oat-milk blend", "#OatMilkBlend"), ("2026", ""), ("", ""), ("x" * 30, "")],
)
def test_hashtag_is_one_word_or_none(phrase: str, hashtag: str) -> None:
    assert make_hashtag(phrase) == hashtag


def test_path_keeps_the_core_of_a_phrase() -> None:
    assert make_path("oat-milk barista blend", at_most(15), ENGLISH) == "barista-blend"
    assert make_path("Supercalifragilistic", at_most(15), ENGLISH) == ""
