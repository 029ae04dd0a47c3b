"""Subjects are cut out: by what the picture shows, by the model of people, by a box; and their edges are clean."""

import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from nightdesk.providers.images.embedded import people
from nightdesk.providers.images.embedded.background.edges import clean_colours, refine_alpha
from nightdesk.providers.images.embedded.background.provider import Cutout
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import BackgroundRequest, Box, Made, Mask, Pixels
from tests.support.photographs import blob, gradient, lay_over, overlap, photograph
from tests.support.works import RecordedWork, Stopped, at_look

needs_models = pytest.mark.skipif(
    not people.is_installed(), reason="requirements/people.txt has no wheel for this system"
)


@pytest.fixture
def without_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    assert not people.is_installed()


def cut(image: Pixels, box: Box | None = None) -> Made:
    made = Cutout(ImageOptions()).remove_background(BackgroundRequest(image=image, box=box), RecordedWork())
    assert made.pixels.shape == (*image.shape[:2], 4)
    return made


def inside(made: Made) -> Mask:
    return np.asarray(made.pixels[..., 3] > 127)


def grab_by_rim(image: Pixels) -> Mask:
    """The plain use of GrabCut: everything but a rim may be the subject."""
    import cv2

    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    rect = (width // 20, height // 20, width * 9 // 10, height * 9 // 10)
    cv2.setRNGSeed(0)
    cv2.grabCut(image, mask, rect, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_RECT)
    return np.asarray((mask & 1) == 1)


def test_a_thing_on_a_plain_backdrop_is_cut_along_its_outline(without_models: None) -> None:
    subject = photograph("chelsea", 320)
    alpha = blob(*subject.shape[:2])
    image = lay_over(subject, alpha, gradient(*subject.shape[:2]))

    made = cut(image)

    assert made.method == "plain"
    assert overlap(inside(made), alpha > 0.5) > 0.96
    assert made.extra["confidence"] > 0.85
    assert made.warnings == ()


def test_a_thing_on_a_busy_ground_is_found_better_than_by_its_rim(without_models: None) -> None:
    ground = photograph("gravel", 320)
    subject = photograph("coffee", 480)[:320, :320]
    subject = np.pad(subject, ((0, 320 - subject.shape[0]), (0, 320 - subject.shape[1]), (0, 0)), mode="reflect")
    alpha = blob(320, 320, seed=3, share=0.2)

    made = cut(lay_over(subject, alpha, ground))

    assert made.method == "saliency"
    assert overlap(inside(made), alpha > 0.5) > 0.85
    assert any("small model of people" in warning for warning in made.warnings)


@needs_models
def test_a_person_is_found_among_things(monkeypatch: pytest.MonkeyPatch) -> None:
    image = photograph("astronaut", 384)
    face, shuttle, flag = (slice(40, 90), slice(145, 190)), (slice(20, 150), slice(300, 345)), (slice(120), slice(40))

    made = cut(image)
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    without = cut(image)

    alpha = made.pixels[..., 3]
    assert made.method == "person"
    assert alpha[face].mean() > 250
    assert max(alpha[shuttle].mean(), alpha[flag].mean()) < 12
    assert without.method == "saliency"
    assert without.pixels[..., 3][face].mean() < 128


def test_a_box_says_which_of_two_things_is_meant() -> None:
    ground = photograph("grass", 320)
    subject = photograph("coffee", 480)[40:200, 120:280]
    alpha = np.zeros((320, 320))
    alpha[150:310, 150:310] = blob(160, 160, seed=1, share=0.45)
    canvas = np.zeros((320, 320, 3), np.uint8)
    canvas[150:310, 150:310] = subject
    other = np.zeros((320, 320), bool)
    other[20:110, 20:110] = blob(90, 90, share=0.5) > 0.5
    image = lay_over(canvas, alpha, ground)
    image[other] = (200, 40, 30)

    made = cut(image, (155, 155, 305, 305))

    assert made.method == "box"
    assert overlap(inside(made), alpha > 0.5) > 0.9
    assert not inside(made)[other].any()
    assert made.warnings == ()


def test_edges_follow_the_picture_and_not_the_small_mask() -> None:
    subject, ground = photograph("chelsea", 400), gradient(266, 400)
    alpha = blob(subject.shape[0], subject.shape[1], seed=2)
    image = lay_over(subject, alpha, ground[: subject.shape[0]])
    import cv2

    coarse = cv2.resize((alpha > 0.5).astype(np.float32), (100, 66), interpolation=cv2.INTER_NEAREST)

    fine = refine_alpha(image, np.asarray(coarse, np.float32), RecordedWork())

    enlarged = cv2.resize(coarse, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    assert np.abs(fine - alpha).mean() < 0.75 * np.abs(enlarged - alpha).mean()


def test_the_old_background_is_taken_out_of_the_colours_at_the_edge() -> None:
    subject = photograph("coffee", 300)
    alpha = np.asarray(blob(subject.shape[0], subject.shape[1], seed=4), np.float32)
    soft = np.asarray(blur(alpha), np.float32)
    green = np.full_like(subject, (20, 200, 40))
    image = lay_over(subject, soft, green)

    cleaned = clean_colours(image, soft, RecordedWork())

    edge = (soft > 0.2) & (soft < 0.9)
    before = np.abs(image[edge].astype(int) - subject[edge]).mean()
    after = np.abs(cleaned[edge].astype(int) - subject[edge]).mean()
    assert after < 0.4 * before
    np.testing.assert_array_equal(cleaned[soft >= 1], image[soft >= 1])


def blur(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    import cv2

    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 3), np.float32)


def test_what_was_see_through_stays_so() -> None:
    subject = photograph("chelsea", 240)
    alpha = blob(*subject.shape[:2])
    image = lay_over(subject, alpha, gradient(*subject.shape[:2]))
    left_half_gone = np.full(image.shape[:2], 255, np.uint8)
    left_half_gone[:, : image.shape[1] // 2] = 0

    made = cut(np.dstack([image, left_half_gone]))

    assert made.pixels[:, : image.shape[1] // 2, 3].max() == 0
    assert inside(made).any()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_without_a_subject_is_refused(level: int) -> None:
    with pytest.raises(Unsuitable, match="Draw a box"):
        cut(np.full((80, 120, 3), level, np.uint8))


def test_the_same_picture_gives_the_same_cut() -> None:
    image = photograph("rocket", 300)

    np.testing.assert_array_equal(cut(image).pixels, cut(image).pixels)


def test_a_run_that_is_to_stop_stops_at_every_look() -> None:
    image = photograph("rocket", 200)
    whole = RecordedWork()
    Cutout(ImageOptions()).remove_background(BackgroundRequest(image=image), whole)

    for number in range(1, whole.looks + 1):
        with pytest.raises(Stopped):
            Cutout(ImageOptions()).remove_background(BackgroundRequest(image=image), RecordedWork(at_look(number)))
    assert [percent for percent, _ in whole.reports] == sorted(percent for percent, _ in whole.reports)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (15, 60), (20, 2000)])
def test_tiny_and_very_narrow_pictures_are_refused(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)

    with pytest.raises(Unsuitable, match="too small or too narrow"):
        cut(image)


@pytest.mark.parametrize("size", [(16, 16), (16, 448), (300, 17), (64, 48)])
def test_small_pictures_are_cut(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    image[size[0] // 3 : size[0] // 2, size[1] // 3 : size[1] // 2] = 255

    assert cut(image).pixels.shape == (*size, 4)
