"""Pictures are repainted: after an example, or in a style by name; more so the stronger it is asked for."""

import sys

import numpy as np
import pytest

from nightdesk.providers.images.embedded import people
from nightdesk.providers.images.embedded.style.colour import move_colours
from nightdesk.providers.images.embedded.style.provider import Patchwork
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Made, Pixels, StyleRequest
from tests.support.photographs import photograph
from tests.support.works import RecordedWork, Stopped, at_look

STYLES = Patchwork(ImageOptions()).styles()
DRAWN = ("brush", "dots", "mosaic", "oil", "watercolour", "pencil")


def paint(
    image: Pixels,
    example: Pixels | None = None,
    style: str = "",
    prompt: str = "",
    strength: float = 0.6,
    seed: int = 0,
) -> Made:
    request = StyleRequest(image=image, example=example, style=style, prompt=prompt, strength=strength, seed=seed)
    made = Patchwork(ImageOptions()).transfer_style(request, RecordedWork())
    assert made.pixels.shape == image.shape
    return made


def apart(first: Pixels, second: Pixels) -> float:
    return float(np.abs(first.astype(int) - second).mean())


def colours(picture: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    import cv2

    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    return np.asarray(np.r_[lab.mean(axis=0), lab.std(axis=0)], np.float64)


@pytest.mark.parametrize("style", STYLES)
def test_a_named_style_is_seen_keeps_the_picture_and_is_the_same_each_time(style: str) -> None:
    image = photograph("coffee", 160)

    first, again = (paint(image, style=style).pixels for _ in range(2))

    np.testing.assert_array_equal(first, again)
    assert apart(first, image) > 5
    assert np.corrcoef(first.mean(axis=2).ravel(), image.mean(axis=2).ravel())[0, 1] > 0.6


def test_no_two_styles_are_alike() -> None:
    image = photograph("coffee", 160)
    painted = [paint(image, style=style).pixels for style in STYLES]

    assert min(apart(one, other) for i, one in enumerate(painted) for other in painted[:i]) > 3


@pytest.mark.parametrize("style", [*STYLES, ""])
def test_strength_goes_from_the_photograph_to_the_full_look(style: str) -> None:
    image = photograph("coffee", 120)
    example = None if style else photograph("immunohistochemistry", 120)

    none, little, much = (paint(image, example, style, strength=strength).pixels for strength in (0, 0.2, 0.5))

    np.testing.assert_array_equal(none, image)
    assert 0 < apart(little, image) < apart(much, image)


def test_colours_become_those_of_the_example() -> None:
    image, example = photograph("astronaut", 200), photograph("rocket", 200)

    moved = np.clip(move_colours(image, example, 0), 0, 255).astype(np.uint8)

    assert np.abs(colours(moved) - colours(example)).mean() < 0.25 * np.abs(colours(image) - colours(example)).mean()


def test_a_picture_takes_brush_and_colour_of_its_example() -> None:
    image, example = photograph("chelsea", 200), photograph("immunohistochemistry", 200)

    made = paint(image, example, strength=0.8)

    assert made.method == "patches"
    assert (
        np.abs(colours(made.pixels) - colours(example)).mean() < 0.5 * np.abs(colours(image) - colours(example)).mean()
    )
    recoloured = np.clip(move_colours(image, example, 0), 0, 255).astype(np.uint8)
    assert apart(made.pixels, recoloured) > 8


def test_the_seed_says_how_the_patches_lie() -> None:
    image, example = photograph("coffee", 120), photograph("gravel", 120)

    first, again, other = (paint(image, example, seed=seed).pixels for seed in (3, 3, 4))

    np.testing.assert_array_equal(first, again)
    assert apart(first, other) > 1


@pytest.mark.skipif(not people.is_installed(), reason="requirements/people.txt has no wheel for this system")
def test_faces_stay_nearer_to_the_photograph(monkeypatch: pytest.MonkeyPatch) -> None:
    image = photograph("astronaut", 300)
    face = (slice(45, 90), slice(112, 148))

    kept = paint(image, style="mosaic")
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    lost = paint(image, style="mosaic")

    assert apart(kept.pixels[face], image[face]) < 0.6 * apart(lost.pixels[face], image[face])
    np.testing.assert_array_equal(kept.pixels[200:], lost.pixels[200:])
    assert (kept.extra, lost.extra) == ({"faces_kept": True}, {"faces_kept": False})


def test_a_style_is_found_in_the_words_of_the_prompt() -> None:
    assert paint(photograph("coffee", 80), prompt="as a Watercolour, please").method == "watercolour"


@pytest.mark.parametrize(("style", "prompt"), [("cubism", "oil"), ("", "like Picasso"), ("", "")])
def test_a_style_that_nobody_knows_is_refused_with_those_that_are_known(style: str, prompt: str) -> None:
    with pytest.raises(Unsuitable, match="brush, dots, mosaic") as raised:
        paint(photograph("coffee", 80), style=style, prompt=prompt)
    assert list(raised.value.details) == ["style"]


def test_transparency_stays() -> None:
    alpha = np.random.default_rng(0).integers(0, 255, photograph("coffee", 100).shape[:2], dtype=np.uint8)

    made = paint(np.dstack([photograph("coffee", 100), alpha]), style="noir")

    np.testing.assert_array_equal(made.pixels[..., 3], alpha)


@pytest.mark.parametrize("size", [(1, 1), (2, 30), (9, 7)])
def test_tiny_pictures_are_painted(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)

    for style in STYLES:
        paint(image, style=style)
    paint(image, image[::-1].copy())


@pytest.mark.parametrize("style", [*DRAWN, ""])
def test_a_run_that_is_to_stop_stops_at_every_look(style: str) -> None:
    image = photograph("coffee", 90)
    request = StyleRequest(image=image, style=style, example=None if style else image[::-1].copy())
    whole = RecordedWork()
    Patchwork(ImageOptions()).transfer_style(request, whole)

    for number in {1, whole.looks // 2, whole.looks}:
        with pytest.raises(Stopped):
            Patchwork(ImageOptions()).transfer_style(request, RecordedWork(at_look(number)))
    assert whole.looks >= 3
