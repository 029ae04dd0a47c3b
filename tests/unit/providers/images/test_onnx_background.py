"""Backgrounds removed by an ONNX model of the operator's; a stand-in that finds what is red takes its place."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from PIL import Image

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.images.models.onnx_background import OnnxBackground
from nightdesk.providers.images.models.options import ModelFile, ModelOptions
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import BackgroundRequest, Made, Mask, Pixels, Readiness
from tests.support.onnx_models import save_endless, save_matting
from tests.support.works import RecordedWork, Stopped

SIDE = 128
RED, GREEN = (210, 40, 50), (60, 150, 70)


@pytest.fixture
def options(tmp_path: Path) -> ImageOptions:
    """Give options with a stand-in of 128 pixels."""
    return options_for(tmp_path, save_matting(tmp_path / "matte.onnx", side=SIDE))


def options_for(folder: Path, sha256: str, **others: Any) -> ImageOptions:
    return ImageOptions(
        models=ModelOptions(folder=folder, threads=1, background=ModelFile(name="matte.onnx", sha256=sha256), **others)
    )


def paint_disc(width: int = 640, height: int = 400) -> tuple[Pixels, NDArray[np.float32]]:
    """Paint a red disc with a soft edge on a green, noisy ground; return it with how much of each pixel is disc."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    inside = np.clip((110 - np.hypot(rows - 200, columns - 300)) / 3 + 0.5, 0, 1).astype(np.float32)
    noise = np.random.default_rng(5).normal(0, 8, (height, width, 3))
    picture = inside[..., None] * RED + (1 - inside[..., None]) * GREEN + noise
    return np.clip(picture, 0, 255).astype(np.uint8), inside


def remove(options: ImageOptions, picture: Pixels, **request: Any) -> Made:
    return OnnxBackground(options).remove_background(BackgroundRequest(image=picture, **request), RecordedWork())


def overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


def mask_as_rembg(path: Path, picture: Pixels) -> Pixels:
    """Do what rembg does around its model (its sessions `base.py` and `u2net.py`), to hold ours against it."""
    small = np.array(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    scaled = (small / max(np.max(small), 1e-6) - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    answer = session.run(None, {"picture": scaled.transpose(2, 0, 1)[None].astype(np.float32)})[0][0, 0]
    stretched = (answer - answer.min()) / (answer.max() - answer.min())
    mask = Image.fromarray((stretched * 255).astype(np.uint8))
    return np.asarray(mask.resize(picture.shape[1::-1], Image.Resampling.LANCZOS))


def test_subject_is_cut_out_no_worse_than_rembg_does_with_the_same_file(options: ImageOptions, tmp_path: Path) -> None:
    picture, inside = paint_disc()
    made = remove(options, picture)
    truth: Mask = inside > 0.5
    ours = overlap(made.pixels[..., 3] > 127, truth)
    theirs = overlap(mask_as_rembg(tmp_path / "matte.onnx", picture) > 127, truth)
    assert made.pixels.shape == (*picture.shape[:2], 4)
    assert ours > 0.98
    assert ours >= theirs - 0.005
    assert (made.method, made.model, made.warnings) == ("onnx", "matte.onnx", ())


def test_edges_lose_the_colour_of_the_backdrop_and_the_inside_stays(options: ImageOptions) -> None:
    picture, inside = paint_disc()
    made = remove(options, picture)
    edge = (inside > 0.2) & (inside < 0.8) & (made.pixels[..., 3] > 0)
    before, after = (pixels[edge][:, 1].mean() for pixels in (picture, made.pixels))
    assert before > RED[1] + 30  # green that shines through
    assert after < RED[1] + 15
    deep = inside == 1
    deep &= made.pixels[..., 3] == 255
    assert deep.mean() > 0.1
    assert np.array_equal(made.pixels[deep][:, :3], picture[deep])


def test_model_that_answers_before_its_sigmoid_gives_the_same(options: ImageOptions, tmp_path: Path) -> None:
    picture, _ = paint_disc()
    (tmp_path / "logits").mkdir()
    sha256 = save_matting(tmp_path / "logits/matte.onnx", side=SIDE, as_logits=True)
    other = remove(options_for(tmp_path / "logits", sha256), picture)
    assert np.array_equal(remove(options, picture).pixels, other.pixels)


def test_box_is_all_that_is_looked_at(options: ImageOptions) -> None:
    picture, _ = paint_disc()
    box = (150, 60, 330, 360)
    made = remove(options, picture, box=box)
    outside = np.ones(picture.shape[:2], np.bool_)
    outside[60:360, 150:330] = False
    assert made.pixels[outside][:, 3].max() == 0
    assert made.pixels[200, 300, 3] == 255


def test_picture_without_a_subject_says_so_and_clear_pixels_stay_clear(options: ImageOptions) -> None:
    plain = np.full((90, 120, 3), GREEN, np.uint8)
    assert remove(options, plain).warnings == ("No subject was found. Draw a box round it and try again.",)
    picture, _ = paint_disc()
    clear = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    clear[:, :300, 3] = 0
    assert remove(options, clear).pixels[:, :300, 3].max() == 0


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 2000, 3), (700, 5, 4)])
def test_pictures_of_odd_shapes_keep_their_size(options: ImageOptions, shape: tuple[int, int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    assert remove(options, picture).pixels.shape == (*shape[:2], 4)


def test_model_of_any_size_wants_the_side_by_setting(tmp_path: Path) -> None:
    sha256 = save_matting(tmp_path / "matte.onnx", side="high")
    picture, _ = paint_disc()
    with pytest.raises(Misconfigured) as caught:
        remove(options_for(tmp_path, sha256), picture)
    assert caught.value.setting == "NIGHTDESK_BACKGROUND_MODEL_SIDE"
    assert remove(options_for(tmp_path, sha256, background_side=96), picture).pixels[200, 300, 3] == 255


def test_cancel_ends_a_run_of_the_model_itself(tmp_path: Path) -> None:
    endless = options_for(tmp_path, save_endless(tmp_path / "matte.onnx", side=64))
    work = RecordedWork(stop_when=lambda work: work.looks > 5)
    with pytest.raises(Stopped):
        OnnxBackground(endless).remove_background(BackgroundRequest(image=paint_disc()[0]), work)
    assert work.messages == ["Loading the model", "Looking for the subject"]


def test_file_that_is_missing_or_another_one_is_never_used(options: ImageOptions, tmp_path: Path) -> None:
    provider = OnnxBackground(options)
    assert provider.ready() == Readiness(is_ready=True)
    path = tmp_path / "matte.onnx"
    save_matting(path, side=32)
    os.utime(path, ns=(1, 1))
    changed = provider.ready()
    path.unlink()
    assert (changed.is_ready, changed.missing) == (False, ("NIGHTDESK_BACKGROUND_MODEL_SHA256",))
    assert provider.ready().missing == ("NIGHTDESK_BACKGROUND_MODEL",)
    with pytest.raises(Misconfigured, match="There is no file"):
        provider.remove_background(BackgroundRequest(image=paint_disc()[0]), RecordedWork())


def test_checksum_of_a_file_is_read_once(options: ImageOptions, tmp_path: Path) -> None:
    provider = OnnxBackground(options)
    provider.ready()
    path = tmp_path / "matte.onnx"
    standing = path.stat()
    path.write_bytes(b"\0" * standing.st_size)
    os.utime(path, ns=(standing.st_atime_ns, standing.st_mtime_ns))
    assert provider.ready().is_ready  # same size, same time: it was not read again


def test_file_that_is_no_model_is_a_setting_to_mend(options: ImageOptions, tmp_path: Path) -> None:
    (tmp_path / "matte.onnx").write_bytes(b"not a model")
    file = ModelFile(name="matte.onnx", sha256="f0b6e7f5a5b4d8ad8a5b9e1a3dfb9a9a1d2c3b4a5968778695a4b3c2d1e0f000")
    wrong = replace(options, models=replace(options.models, background=file))
    assert OnnxBackground(wrong).ready().missing == ("NIGHTDESK_BACKGROUND_MODEL_SHA256",)
    file = replace(file, sha256=hashlib.sha256(b"not a model").hexdigest())
    right = replace(options, models=replace(options.models, background=file))
    with pytest.raises(Misconfigured, match="cannot be run as an ONNX model"):
        remove(right, paint_disc()[0])
