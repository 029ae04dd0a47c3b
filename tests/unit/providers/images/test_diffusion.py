"""Diffusion pipelines from a folder: tiny ones with random weights, which work like the large ones."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.models.diffusion.provider import DiffusionEraser, DiffusionGenerator, DiffusionStyle
from nightdesk.providers.images.models.options import DiffusionOptions, ModelOptions
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    GenerationRequest,
    Mask,
    ObjectRequest,
    Pixels,
    Readiness,
    StyleRequest,
)
from tests.support.diffusion import DIFFUSION
from tests.support.works import RecordedWork, Stopped

pytestmark = DIFFUSION

STEPS = 4
REQUEST = GenerationRequest(prompt="a red cat", width=64, height=48, seed=7)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a models folder with one pipeline of each family, named after it."""
    from tests.support.tiny_diffusion import FAMILIES, save_pipeline

    folder = tmp_path_factory.mktemp("models")
    for family in FAMILIES:
        save_pipeline(family, tmp_path_factory.mktemp(family)).rename(folder / family)
    return folder


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Leave no pipeline warm for another test."""
    yield
    from nightdesk.providers.images.models.diffusion.pipelines import forget_pipelines

    forget_pipelines()


def options(models: Path, folder: str = "sd", **diffusion: Any) -> ImageOptions:
    chosen = DiffusionOptions(folder=folder, steps=STEPS, device="cpu")
    return ImageOptions(models=ModelOptions(folder=models, diffusion=replace(chosen, **diffusion)))


def paint(width: int = 96, height: int = 64, channels: int = 3) -> Pixels:
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [127 + 120 * np.sin(rows / (5 + part) + columns / (9 - part)) for part in range(channels)]
    return np.dstack(waves).astype(np.uint8)


def cover(picture: Pixels, rows: slice, columns: slice) -> Mask:
    mask = np.zeros(picture.shape[:2], np.bool_)
    mask[rows, columns] = True
    return mask


STEP_WORDS = [f"Step {number} of {STEPS}" for number in range(1, STEPS + 1)]


@pytest.mark.parametrize("family", ["sd", "sdxl", "flux"])
def test_every_family_generates_and_reports_every_step(models: Path, family: str) -> None:
    work = RecordedWork()
    made = DiffusionGenerator(options(models, family)).generate(REQUEST, work)
    assert (made.pixels.shape, made.pixels.dtype.name, made.seed, made.model) == ((48, 64, 3), "uint8", 7, family)
    assert work.messages == ["Loading the model", "Reading the prompt", *STEP_WORDS, "Fitting the size"]
    assert len(np.unique(made.pixels)) > 10


def test_same_seed_gives_the_same_bytes_and_another_seed_others(models: Path) -> None:
    generator = DiffusionGenerator(options(models))
    pictures = [
        generator.generate(replace(REQUEST, seed=seed), RecordedWork()).pixels.tobytes()
        for seed in (7, 7, 8, 2**64 + 7)
    ]
    assert [picture == pictures[0] for picture in pictures] == [True, True, False, True]


def test_picture_has_exactly_the_size_asked_for_and_says_when_the_model_worked_smaller(models: Path) -> None:
    made = DiffusionGenerator(options(models)).generate(replace(REQUEST, width=301, height=157), RecordedWork())
    assert made.pixels.shape == (157, 301, 3)
    assert made.warnings == ("The model works at 96 x 48 pixels; the picture was brought from there to its size.",)


@pytest.mark.parametrize("family", ["sd", "sdxl", "flux"])
def test_cancel_stops_within_a_step_and_the_pipeline_can_be_used_again(models: Path, family: str) -> None:
    generator = DiffusionGenerator(options(models, family))
    expected = generator.generate(REQUEST, RecordedWork()).pixels
    looks: list[int] = []

    def is_over(work: RecordedWork) -> bool:
        looks.extend([work.looks] if work.messages[-1:] == ["Step 2 of 4"] else [])
        return len(looks) == 3  # the second look after that step: inside the next one

    work = RecordedWork(stop_when=is_over)
    with pytest.raises(Stopped):
        generator.generate(REQUEST, work)
    assert (work.messages[-1], len(looks)) == ("Step 2 of 4", 3)
    assert np.array_equal(generator.generate(REQUEST, RecordedWork()).pixels, expected)


def test_one_pipeline_is_warm_and_serves_all_three_operations(models: Path) -> None:
    picture = paint()
    work = RecordedWork()
    DiffusionGenerator(options(models)).generate(REQUEST, work)
    made = DiffusionStyle(options(models)).transfer_style(
        StyleRequest(image=picture, style="ink", strength=0.5, seed=1), again := RecordedWork()
    )
    erased = DiffusionEraser(options(models)).remove_object(
        ObjectRequest(image=picture, mask=cover(picture, slice(20, 30), slice(20, 30)), seed=1), last := RecordedWork()
    )
    assert made.pixels.shape == erased.pixels.shape == picture.shape
    assert ["Loading the model" in one.messages for one in (work, again, last)] == [True, False, False]
    assert [message for message in again.messages if message.startswith("Step")] == ["Step 1 of 2", "Step 2 of 2"]


def test_another_folder_takes_the_place_of_the_warm_one(models: Path) -> None:
    works = [RecordedWork() for _ in range(3)]
    for family, work in zip(("sd", "sdxl", "sd"), works, strict=True):
        DiffusionGenerator(options(models, family)).generate(REQUEST, work)
    assert [work.messages[0] for work in works] == ["Loading the model"] * 3


@pytest.mark.parametrize("family", ["sd-inpaint", "sd", "sdxl", "flux"])
def test_only_the_holes_of_a_picture_change(models: Path, family: str) -> None:
    picture = paint(200, 120)
    mask = cover(picture, slice(40, 60), slice(90, 120))
    work = RecordedWork()
    made = DiffusionEraser(options(models, inpaint_folder=family)).remove_object(
        ObjectRequest(image=picture, mask=mask, prompt="grass", seed=3), work
    )
    far = np.ones(mask.shape, np.bool_)
    far[37:63, 87:123] = False
    assert np.array_equal(made.pixels[far], picture[far])
    assert (made.pixels[mask] != picture[mask]).mean() > 0.8
    assert [message for message in work.messages if message.startswith("Step")] == STEP_WORDS


@pytest.mark.parametrize("family", ["sd", "sdxl", "flux"])
def test_style_keeps_size_and_transparency(models: Path, family: str) -> None:
    picture = paint(150, 90, channels=4)
    request = StyleRequest(image=picture, prompt="at night", style="oil", strength=0.6, seed=2)
    made = DiffusionStyle(options(models, family)).transfer_style(request, RecordedWork())
    assert made.pixels.shape == picture.shape
    assert np.array_equal(made.pixels[..., 3], picture[..., 3])
    assert (made.pixels[..., :3] != picture[..., :3]).mean() > 0.8


def test_style_by_an_example_is_refused_and_so_is_none_at_all(models: Path) -> None:
    style = DiffusionStyle(options(models))
    complaints = []
    for request in (StyleRequest(image=paint(), example=paint(), style="ink"), StyleRequest(image=paint())):
        with pytest.raises(Unsuitable) as caught:
            style.transfer_style(request, RecordedWork())
        complaints.append(list(caught.value.details))
    assert complaints == [["target_image"], ["prompt"]]


@pytest.mark.parametrize("name", ["unet/extra.bin", "vae/model.ckpt", "weights.pt", "unet/modeling.py", "a/b.PKL"])
def test_folder_with_a_file_that_can_carry_code_is_refused(models: Path, tmp_path: Path, name: str) -> None:
    copytree(models / "sd", tmp_path / "sd")
    (tmp_path / "sd" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "sd" / name).write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    generator = DiffusionGenerator(options(tmp_path))
    assert generator.ready() == Readiness(
        is_ready=False,
        missing=("NIGHTDESK_DIFFUSION_MODEL",),
        detail=f"The folder 'sd' holds {name!r}: files like this can carry code, so none of it is used. "
        "Keep only .safetensors weights.",
    )
    with pytest.raises(Misconfigured, match="can carry code"):
        generator.generate(REQUEST, RecordedWork())


def test_folder_that_is_missing_empty_or_broken_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/model_index.json").write_text("{}")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/model_index.json").write_text("{")
    (tmp_path / "broken/unet.safetensors").touch()
    details = {
        name: DiffusionGenerator(options(tmp_path, name)).ready().detail
        for name in ("", "no", "empty", "bare", "broken")
    }
    assert {name: detail.split(".")[0] for name, detail in details.items()} == {
        "": "Put a diffusers pipeline into the folder of NIGHTDESK_MODELS_DIR and set NIGHTDESK_DIFFUSION_MODEL to its "
        "folder's name, then start Nightdesk again",
        "no": "There is no model_index",
        "empty": "There is no model_index",
        "bare": "The folder 'bare' holds no ",
        "broken": "The model_index",
    }


def test_weights_that_are_no_weights_are_a_setting_to_mend(models: Path, tmp_path: Path) -> None:
    copytree(models / "sd", tmp_path / "sd")
    for weights in (tmp_path / "sd").rglob("*.safetensors"):
        weights.write_bytes(b"\0" * 100)
    with pytest.raises(Misconfigured) as caught:
        DiffusionGenerator(options(tmp_path)).generate(REQUEST, RecordedWork())
    assert caught.value.setting == "NIGHTDESK_DIFFUSION_MODEL"


def test_inpainting_weights_do_not_generate_and_say_so(models: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be loaded to generate pictures"):
        DiffusionGenerator(options(models, "sd-inpaint")).generate(REQUEST, RecordedWork())


@pytest.mark.skipif("torch" in sys.modules and sys.modules["torch"].cuda.is_available(), reason="there is a card")
def test_device_that_is_not_there_is_a_setting_to_mend(models: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        DiffusionGenerator(options(models, device="cuda:1")).generate(REQUEST, RecordedWork())
    assert caught.value.setting == "NIGHTDESK_DIFFUSION_DEVICE"


def test_nothing_is_looked_up_on_the_net(models: Path) -> None:
    asked: list[str] = []
    listening = [True]
    sys.addaudithook(lambda event, _: asked.append(event) if listening[0] and event.startswith("socket.") else None)
    DiffusionGenerator(options(models)).generate(REQUEST, RecordedWork())
    listening[0] = False
    assert asked == []
