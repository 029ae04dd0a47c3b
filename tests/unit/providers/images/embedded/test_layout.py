"""Posters: the same bytes for the same wish, always readable, honest about what they cannot write."""

import numpy as np
import pytest

from nightdesk.providers.images.embedded.layout.art import ARTS, Art
from nightdesk.providers.images.embedded.layout.colours import choose_palette, make_colour, measure_contrast
from nightdesk.providers.images.embedded.layout.poster import LEAST_CONTRAST, set_poster
from nightdesk.providers.images.embedded.layout.provider import Layout
from nightdesk.providers.images.embedded.layout.words import Copy, read_prompt
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import GenerationRequest, Made
from tests.support.works import RecordedWork, Stopped, at_look

PROMPT = 'Poster for "Summer Jazz Nights" at the beach, 12 August'
INKS = ((255, 255, 255), (18, 18, 24))


def make(prompt: str = PROMPT, width: int = 320, height: int = 240, seed: int = 1) -> Made:
    request = GenerationRequest(prompt=prompt, width=width, height=height, seed=seed)
    made = Layout(ImageOptions()).generate(request, RecordedWork())
    assert made.pixels.shape == (height, width, 3)
    return made


def test_the_same_wish_gives_the_same_bytes_and_another_seed_another_poster() -> None:
    first, again, other = make(), make(), make(seed=2)

    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert (first.pixels != other.pixels).mean() > 0.3
    assert (first.seed, first.extra["headline"]) == (1, "Summer Jazz Nights")


def test_a_style_by_name_changes_nothing_and_the_poster_says_so() -> None:
    request = GenerationRequest(prompt=PROMPT, width=64, height=64, seed=1, style="cubist")

    assert [
        warning for warning in Layout(ImageOptions()).generate(request, RecordedWork()).warnings if "style" in warning
    ] == ["The style was not used: a poster takes its looks from the words of the prompt and from the seed."]


@pytest.mark.parametrize(
    ("prompt", "headline", "line"),
    [
        (PROMPT, "Summer Jazz Nights", "beach 12 August"),
        ('A banner: "Run 10K" and "Join us"', "Run 10K", "Join us"),
        ('A calm poster that says "Tea at nine", deep green', "Tea at nine", ""),
        ("minimal poster of mint toothpaste kids love every day", "mint toothpaste kids love", "every day"),
        ("„Grüne Wochen“ in Köln", "Grüne Wochen", "Köln"),
        ("the of and", "Untitled", ""),
        ("", "Untitled", ""),
    ],
)
def test_the_headline_is_what_stands_in_quotation_marks(prompt: str, headline: str, line: str) -> None:
    copy = read_prompt(prompt)

    assert (copy.headline, copy.line) == (headline, line)
    assert isinstance(copy, Copy)


@pytest.mark.parametrize("art", ARTS)
@pytest.mark.parametrize("seed", range(8))
def test_every_letter_can_be_read_on_what_is_under_it(art: Art, seed: int) -> None:
    palette = choose_palette((), np.random.default_rng(seed))
    drawn = art(320, 320, palette, np.random.default_rng(seed), RecordedWork())

    with_words, one, other = (
        set_poster(drawn, headline, "", palette, np.random.default_rng(seed)).pixels for headline in ("MMM", "I", ".")
    )

    ground = (one == other).all(axis=2)  # neither the stroke of the one nor the dot of the other
    letters = np.logical_or.reduce([(with_words == ink).all(axis=2) for ink in INKS])
    letters &= ground & (with_words != one).any(axis=2)
    assert letters.sum() > 300
    assert measure_contrast(with_words[letters], one[letters]).min() >= LEAST_CONTRAST


@pytest.mark.parametrize("size", [(64, 64), (64, 2048), (2048, 64), (513, 777)])
def test_every_size_is_made_exactly(size: tuple[int, int]) -> None:
    made = make(width=size[0], height=size[1])

    assert made.extra["contrast"] >= LEAST_CONTRAST


@pytest.mark.parametrize(
    ("prompt", "headline"),
    [("夏のジャズ Summer Jazz", "Summer Jazz"), ("كرة القدم Football", "Football")],
)
def test_what_cannot_be_written_is_left_out_with_a_warning(prompt: str, headline: str) -> None:
    made = make(prompt)

    assert made.extra["headline"] == headline
    assert made.warnings == (
        "Some words were left out: the typeface of posters writes Latin, Greek and Cyrillic only.",
    )


@pytest.mark.parametrize("prompt", ["Ελληνικά Ποτά", "Джаз на пляже", "Ünïcödé «Łódź»", "Việt Nam"])
def test_other_alphabets_of_the_typeface_are_written(prompt: str) -> None:
    assert make(prompt).warnings == ()


def test_a_prompt_without_a_word_to_write_gives_art_alone() -> None:
    made = make("夏のジャズ")

    assert made.extra["headline"] == ""
    assert len(made.warnings) == 1


def test_a_long_prompt_on_a_small_poster_says_that_words_are_missing() -> None:
    made = make('"' + "Extraordinarily long headlines never fit " + '"' + " word" * 900, 64, 64)

    assert made.warnings == (
        "Some words were left out: there is no room for them. Ask for a larger picture or fewer words.",
    )


def test_words_choose_the_colour() -> None:
    random = np.random.default_rng(0)

    assert choose_palette(("forests",), random).colours[0] == make_colour(0.62, 0.17, 150)


def test_contrast_is_that_of_wcag() -> None:
    assert float(measure_contrast((0, 0, 0), (255, 255, 255))) == pytest.approx(21)
    assert float(measure_contrast((119, 119, 119), (255, 255, 255))) == pytest.approx(4.48, abs=0.01)


def test_it_is_not_called_ai() -> None:
    info = Layout(ImageOptions()).info

    assert not info.is_generative_ai
    assert "draws nothing that they describe" in info.weak_points[0]


def test_a_run_that_is_to_stop_stops_at_every_look() -> None:
    request = GenerationRequest(prompt=PROMPT, width=64, height=64, seed=1)
    whole = RecordedWork()
    Layout(ImageOptions()).generate(request, whole)

    for number in range(1, whole.looks + 1):
        with pytest.raises(Stopped):
            Layout(ImageOptions()).generate(request, RecordedWork(at_look(number)))
