"""What the environment says about models on this machine, and what it may not say."""

from pathlib import Path

import pytest

from nightdesk.config.environment import Environment
from nightdesk.config.topics.image_models import read_image_models
from nightdesk.core.errors import Misconfigured
from nightdesk.providers.images.models.options import (
    DiffusionOptions,
    ModelFile,
    ModelOptions,
    Normalisation,
    Terms,
)
from nightdesk.providers.images.protocol import CommercialUse

SHA256 = "ab" * 32


def read(tmp_path: Path, **values: str) -> ModelOptions:
    return read_image_models(Environment(values), data_dir=tmp_path)


def test_no_model_is_used_when_nothing_is_set(tmp_path: Path) -> None:
    assert read(tmp_path) == ModelOptions(folder=tmp_path / "models")


def test_models_are_what_the_settings_name(tmp_path: Path) -> None:
    options = read(
        tmp_path,
        NIGHTDESK_MODELS_DIR="/srv/models",
        NIGHTDESK_MODEL_THREADS="2",
        NIGHTDESK_BACKGROUND_MODEL="isnet.onnx",
        NIGHTDESK_BACKGROUND_MODEL_SHA256=SHA256.upper(),
        NIGHTDESK_BACKGROUND_MODEL_SIDE="1024",
        NIGHTDESK_BACKGROUND_MODEL_NORMALISATION="dis",
        NIGHTDESK_BACKGROUND_MODEL_LICENCE="Apache-2.0",
        NIGHTDESK_BACKGROUND_MODEL_COMMERCIAL="yes",
        NIGHTDESK_LAMA_MODEL="fill/lama.onnx",
        NIGHTDESK_LAMA_MODEL_SHA256=SHA256,
        NIGHTDESK_DIFFUSION_MODEL="sdxl",
        NIGHTDESK_DIFFUSION_INPAINT_MODEL="sd-inpaint",
        NIGHTDESK_DIFFUSION_STEPS="4",
        NIGHTDESK_DIFFUSION_GUIDANCE="0",
        NIGHTDESK_DIFFUSION_DEVICE="CUDA:1",
        NIGHTDESK_DIFFUSION_MODEL_LICENCE="OpenRAIL++",
    )
    assert options == ModelOptions(
        folder=Path("/srv/models"),
        threads=2,
        background=ModelFile(
            name="isnet.onnx", sha256=SHA256, terms=Terms(licence="Apache-2.0", commercial_use=CommercialUse.YES)
        ),
        background_side=1024,
        background_normalisation=Normalisation.DIS,
        lama=ModelFile(name="fill/lama.onnx", sha256=SHA256),
        diffusion=DiffusionOptions(
            folder="sdxl",
            inpaint_folder="sd-inpaint",
            steps=4,
            guidance=0.0,
            device="cuda:1",
            terms=Terms(licence="OpenRAIL++"),
        ),
    )


@pytest.mark.parametrize(
    ("name", "value", "blamed"),
    [
        ("NIGHTDESK_LAMA_MODEL", "lama.onnx", "NIGHTDESK_LAMA_MODEL_SHA256"),
        ("NIGHTDESK_LAMA_MODEL", "../lama.onnx", "NIGHTDESK_LAMA_MODEL"),
        ("NIGHTDESK_LAMA_MODEL", "/etc/passwd", "NIGHTDESK_LAMA_MODEL"),
        ("NIGHTDESK_DIFFUSION_MODEL", "a/../../b", "NIGHTDESK_DIFFUSION_MODEL"),
        ("NIGHTDESK_DIFFUSION_MODEL_LICENCE", "x" * 201, "NIGHTDESK_DIFFUSION_MODEL_LICENCE"),
        ("NIGHTDESK_DIFFUSION_STEPS", "0", "NIGHTDESK_DIFFUSION_STEPS"),
        ("NIGHTDESK_DIFFUSION_GUIDANCE", "nan", "NIGHTDESK_DIFFUSION_GUIDANCE"),
        ("NIGHTDESK_DIFFUSION_GUIDANCE", "strong", "NIGHTDESK_DIFFUSION_GUIDANCE"),
        ("NIGHTDESK_DIFFUSION_DEVICE", "cuda:x", "NIGHTDESK_DIFFUSION_DEVICE"),
        ("NIGHTDESK_BACKGROUND_MODEL_NORMALISATION", "none", "NIGHTDESK_BACKGROUND_MODEL_NORMALISATION"),
    ],
)
def test_value_that_cannot_be_used_names_its_setting(tmp_path: Path, name: str, value: str, blamed: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read(tmp_path, **{name: value})
    assert caught.value.setting == blamed
