"""Holes are filled from what is around them; nothing else changes."""

from typing import Any

import numpy as np
import pytest

from nightdesk.providers.images.embedded.objects.provider import PatchFill
from nightdesk.providers.images.embedded.objects.seams import FEATHER_PX
from nightdesk.providers.images.embedded.objects.zones import find_zones
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Made, Mask, ObjectRequest, Pixels
from tests.support.photographs import photograph, psnr
from tests.support.works import RecordedWork, Stopped, at_look


def fill(image: Pixels, mask: Mask, seed: int = 0) -> Made:
    made = PatchFill(ImageOptions()).remove_object(ObjectRequest(image=image, mask=mask, seed=seed), RecordedWork())
    assert made.pixels.shape == image.shape
    return made


def square(shape: tuple[int, ...], y: int, x: int, side: int) -> Mask:
    mask = np.zeros(shape[:2], bool)
    mask[y : y + side, x : x + side] = True
    return mask


def smear(image: Pixels, mask: Mask) -> Any:
    """What OpenCV's own inpainting makes of it."""
    import cv2

    return cv2.inpaint(image, mask.astype(np.uint8), 5, cv2.INPAINT_TELEA)


def roughness(image: Any, mask: Mask) -> float:
    """The mean strength of detail under the mask."""
    import cv2

    return float(np.abs(cv2.Laplacian(image, cv2.CV_32F))[mask].mean())


@pytest.mark.parametrize("name", ["grass", "gravel", "brick"])
def test_texture_goes_on_where_smoothing_would_smear(name: str) -> None:
    truth = photograph(name, 224)
    mask = square(truth.shape, 90, 90, 44)
    image = truth.copy()
    image[mask] = (230, 20, 20)

    made = fill(image, mask)

    assert made.method == "patches"
    assert roughness(made.pixels, mask) > 0.6 * roughness(truth, mask)
    assert roughness(smear(image, mask), mask) < 0.4 * roughness(truth, mask)
    assert made.pixels[mask].mean() == pytest.approx(truth[mask].mean(), abs=15)


def test_thin_marks_are_filled_better_than_by_smoothing() -> None:
    truth = photograph("chelsea", 320)
    mask = np.zeros(truth.shape[:2], bool)
    for offset in range(30, 300, 45):
        rows = np.arange(20, 190)
        columns = (offset + 8 * np.sin(rows / 20)).astype(int)
        for aside in range(4):
            mask[rows, columns + aside] = True
    image = truth.copy()
    image[mask] = 255

    made = fill(image, mask)

    assert made.method == "biharmonic"
    assert psnr(made.pixels, truth, mask) > psnr(smear(image, mask), truth, mask) + 1


def test_pixels_outside_the_feather_stay_as_they_were() -> None:
    import cv2

    image = photograph("coffee", 256)
    mask = square(image.shape, 60, 90, 50)

    made = fill(image, mask)

    near = cv2.dilate(mask.astype(np.uint8), np.ones((2 * FEATHER_PX + 1,) * 2, np.uint8)) > 0
    np.testing.assert_array_equal(made.pixels[~near], image[~near])
    assert (made.pixels[mask] != image[mask]).any()


def test_the_given_picture_stays_as_it_was() -> None:
    image = photograph("coffee", 160)
    before = image.copy()

    fill(image, square(image.shape, 30, 30, 30))

    np.testing.assert_array_equal(image, before)


def test_the_same_seed_gives_the_same_filling_and_another_one_another() -> None:
    image = photograph("gravel", 160)
    mask = square(image.shape, 60, 60, 40)

    first, again, other = (fill(image, mask, seed).pixels for seed in (4, 4, 5))

    np.testing.assert_array_equal(first, again)
    assert np.abs(first[mask].astype(int) - other[mask]).mean() > 4


def test_several_holes_are_filled_each_on_its_own() -> None:
    image = photograph("grass", 256)
    mask = square(image.shape, 10, 10, 30) | square(image.shape, 190, 200, 40)
    mask[100, 20:230] = True

    made = fill(image, mask)

    assert made.extra["zones"] == 3
    assert made.method == "biharmonic + patches"


def test_the_cost_follows_the_hole_and_not_the_picture() -> None:
    mask = square((3000, 4000), 1500, 2000, 60)

    (zone,) = find_zones(mask)

    assert zone.hole.shape == (60 + 2 * 96, 60 + 2 * 96)
    assert int(zone.hole.sum()) == 60 * 60


def test_holes_at_the_edge_and_in_the_corner_are_filled() -> None:
    image = photograph("grass", 200)
    mask = square(image.shape, 0, 0, 40) | square(image.shape, 160, 100, 40)
    image[mask] = (255, 0, 255)

    made = fill(image, mask)

    assert np.abs(made.pixels[mask].astype(int) - (255, 0, 255)).sum(axis=1).min() > 60


def test_transparency_under_the_hole_follows_its_surroundings() -> None:
    image = photograph("grass", 160)
    alpha = np.full(image.shape[:2], 120, np.uint8)
    mask = square(image.shape, 50, 50, 30)
    alpha[mask] = 255

    made = fill(np.dstack([image, alpha]), mask)

    assert made.pixels[..., 3][mask].max() <= 125


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (np.zeros((40, 50), bool), "empty"),
        (np.ones((40, 50), bool), "whole picture"),
        (np.ones((50, 40), bool), "size of the picture"),
    ],
)
def test_a_mask_that_cannot_be_used_is_refused(mask: Mask, said: str) -> None:
    with pytest.raises(Unsuitable, match=said) as raised:
        fill(photograph("grass", 50)[:40], mask)
    assert list(raised.value.details) == ["mask"]


def test_a_hole_that_leaves_little_is_filled_with_a_warning() -> None:
    image = photograph("grass", 96)
    mask = square(image.shape, 10, 10, 76)

    made = fill(image, mask)

    assert made.warnings == ("The hole is large for this picture, so the filling may show.",)


@pytest.mark.parametrize("size", [(2, 2), (3, 9), (12, 12), (40, 3)])
def test_tiny_pictures_are_filled(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    mask = np.zeros(size, bool)
    mask[0, 0] = True

    assert fill(image, mask).pixels.shape == image.shape


def test_a_run_that_is_to_stop_stops_within_a_level() -> None:
    image = photograph("gravel", 224)
    request = ObjectRequest(image=image, mask=square(image.shape, 70, 70, 80))
    whole = RecordedWork()
    PatchFill(ImageOptions()).remove_object(request, whole)

    for number in (1, whole.looks // 3, whole.looks - 1, whole.looks):
        with pytest.raises(Stopped):
            PatchFill(ImageOptions()).remove_object(request, RecordedWork(at_look(number)))
    assert whole.looks > 50
    assert [percent for percent, _ in whole.reports] == sorted(percent for percent, _ in whole.reports)
