"""Objects removed by LaMa in ONNX form; a stand-in that fills holes with blue takes its place."""

from pathlib import Path

import numpy as np
import pytest

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.models.lama import Lama
from nightdesk.providers.images.models.options import ModelFile, ModelOptions
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Mask, ObjectRequest, Pixels
from tests.support.onnx_models import Side, save_lama, save_matting
from tests.support.works import RecordedWork, Stopped

BLUE = (0.1, 0.2, 0.8)
FILLED = (26, 51, 204)


def lama_in(folder: Path, *, side: Side = 512, unit: float = 255.0) -> Lama:
    sha256 = save_lama(folder / "lama.onnx", side=side, colour=BLUE, unit=unit)
    return Lama(ImageOptions(models=ModelOptions(folder=folder, lama=ModelFile(name="lama.onnx", sha256=sha256))))


def paint(width: int, height: int, channels: int = 3) -> Pixels:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.dstack([120 + 60 * np.sin(rows / (7 + part)) * np.cos(columns / 11) for part in range(channels)]).astype(
        np.uint8
    )


def cover(picture: Pixels, *places: tuple[slice, slice]) -> Mask:
    mask = np.zeros(picture.shape[:2], np.bool_)
    for rows, columns in places:
        mask[rows, columns] = True
    return mask


def grow(mask: Mask, by: int) -> Mask:
    grown = mask.copy()
    for down in range(-by, by + 1):
        for right in range(-by, by + 1):
            grown |= np.roll(mask, (down, right), (0, 1))
    return grown


@pytest.mark.parametrize("unit", [255.0, 1.0])
@pytest.mark.parametrize("side", [512, "high"])
@pytest.mark.parametrize("size", [(300, 200), (700, 610), (1203, 517)])
def test_hole_is_filled_and_the_rest_stays(tmp_path: Path, side: Side, unit: float, size: tuple[int, int]) -> None:
    picture = paint(*size)
    mask = cover(picture, (slice(50, 90), slice(100, 160)))
    made = lama_in(tmp_path, side=side, unit=unit).remove_object(
        ObjectRequest(image=picture, mask=mask), RecordedWork()
    )
    assert np.abs(made.pixels[mask].astype(int) - FILLED).max() <= 1
    assert np.array_equal(made.pixels[~grow(mask, 3)], picture[~grow(mask, 3)])
    assert (made.method, made.extra) == ("lama", {"holes": 1})


def test_holes_far_apart_are_filled_one_by_one_and_near_ones_together(tmp_path: Path) -> None:
    picture = paint(2000, 700)
    places = [(slice(100, 120), slice(left, left + 20)) for left in (100, 180, 1800)]
    work = RecordedWork()
    made = lama_in(tmp_path).remove_object(ObjectRequest(image=picture, mask=cover(picture, *places)), work)
    assert made.extra == {"holes": 2}
    assert work.messages == [
        "Loading the model",
        "Filling hole 1 of 2",
        "Filling hole 2 of 2",
        "Filling the last edges",
    ]


def test_hole_larger_than_the_model_is_filled_from_a_smaller_view(tmp_path: Path) -> None:
    picture = paint(1500, 1200)
    mask = cover(picture, (slice(100, 1000), slice(200, 1300)))
    made = lama_in(tmp_path).remove_object(ObjectRequest(image=picture, mask=mask), RecordedWork())
    assert np.abs(made.pixels[mask].astype(int) - FILLED).mean() < 2
    assert np.array_equal(made.pixels[~grow(mask, 3)], picture[~grow(mask, 3)])


def test_hole_in_a_clear_part_becomes_opaque(tmp_path: Path) -> None:
    picture = paint(300, 200, channels=4)
    picture[..., 3] = 0
    mask = cover(picture, (slice(50, 90), slice(100, 160)))
    made = lama_in(tmp_path).remove_object(ObjectRequest(image=picture, mask=mask), RecordedWork())
    assert (made.pixels[mask][:, 3].min(), made.pixels[~grow(mask, 3)][:, 3].max()) == (255, 0)


def test_cancel_between_two_holes_stops(tmp_path: Path) -> None:
    picture = paint(2000, 700)
    places = [(slice(100, 120), slice(left, left + 20)) for left in (100, 1800)]
    work = RecordedWork(stop_when=lambda work: work.messages[-1:] == ["Filling hole 2 of 2"])
    with pytest.raises(Stopped):
        lama_in(tmp_path).remove_object(ObjectRequest(image=picture, mask=cover(picture, *places)), work)


def test_masks_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    picture = paint(64, 48)
    masks = [np.ones((48, 63), np.bool_), np.zeros((48, 64), np.bool_), np.ones((48, 64), np.bool_)]
    complaints = []
    for mask in masks:
        with pytest.raises(Unsuitable) as caught:
            lama_in(tmp_path).remove_object(ObjectRequest(image=picture, mask=mask), RecordedWork())
        complaints.append(caught.value.details["mask"][0].partition(".")[0])
    assert complaints == [
        "The mask must have the size of the picture",
        "The mask covers nothing",
        "The mask covers the whole picture",
    ]


def test_model_of_another_kind_is_a_setting_to_mend(tmp_path: Path) -> None:
    sha256 = save_matting(tmp_path / "lama.onnx", side=64)
    lama = Lama(ImageOptions(models=ModelOptions(folder=tmp_path, lama=ModelFile(name="lama.onnx", sha256=sha256))))
    picture = paint(64, 48)
    request = ObjectRequest(image=picture, mask=cover(picture, (slice(5, 9), slice(5, 9))))
    with pytest.raises(Misconfigured, match="does not take a picture and a mask"):
        lama.remove_object(request, RecordedWork())
