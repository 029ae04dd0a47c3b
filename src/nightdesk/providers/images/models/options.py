"""What the operator chose about models on this machine. `config` reads it once, as a part of the image options."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from nightdesk.providers.images.protocol import CommercialUse

FOLDER_SETTING: Final = "NIGHTDESK_MODELS_DIR"
THREADS_SETTING: Final = "NIGHTDESK_MODEL_THREADS"
BACKGROUND_SETTING: Final = "NIGHTDESK_BACKGROUND_MODEL"
LAMA_SETTING: Final = "NIGHTDESK_LAMA_MODEL"
DIFFUSION_SETTING: Final = "NIGHTDESK_DIFFUSION_MODEL"
INPAINT_SETTING: Final = "NIGHTDESK_DIFFUSION_INPAINT_MODEL"
DEVICE_SETTING: Final = "NIGHTDESK_DIFFUSION_DEVICE"
STEPS_SETTING: Final = "NIGHTDESK_DIFFUSION_STEPS"
GUIDANCE_SETTING: Final = "NIGHTDESK_DIFFUSION_GUIDANCE"


class Normalisation(StrEnum):
    """How pixels are scaled before a matting network sees them: what its training did."""

    IMAGENET = "imagenet"  # U2Net, BiRefNet: ImageNet's mean and deviation
    HALF = "half"  # IS-Net as its authors publish it, RMBG: around one half, deviation 1
    DIS = "dis"  # IS-Net as rembg runs it: ImageNet's mean, deviation 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The licence of weights, in the operator's words: nobody else knows which file this is."""

    licence: str = ""
    commercial_use: CommercialUse = CommercialUse.ASK


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """An ONNX file in the models folder. An empty name: none is configured."""

    name: str = ""
    sha256: str = ""
    terms: Terms = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffusionOptions:
    """Folders of diffusers pipelines in the models folder, and how they are run.

    `guidance` is None where the pipeline's own default shall count. `device` is auto, cpu, cuda, cuda:1, mps.
    """

    folder: str = ""
    inpaint_folder: str = ""  # empty: objects are removed by the pipeline of `folder`
    steps: int = 30
    guidance: float | None = None
    device: str = "auto"
    terms: Terms = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """Where models lie and which of them are used. `threads` per run; 0 takes every core."""

    folder: Path = Path("models")
    threads: int = 0
    background: ModelFile = ModelFile()
    background_side: int = 0  # pixels; 0: what the model's own input says
    background_normalisation: Normalisation = Normalisation.IMAGENET
    lama: ModelFile = ModelFile()
    diffusion: DiffusionOptions = DiffusionOptions()
