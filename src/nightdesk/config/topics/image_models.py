"""Models on this machine that make and change pictures: which files, by which licence, on which device."""

import re
from pathlib import Path, PurePath
from typing import Final

from nightdesk.config.environment import Environment, Topic, refuse
from nightdesk.providers.images.models.options import (
    BACKGROUND_SETTING,
    DEVICE_SETTING,
    DIFFUSION_SETTING,
    FOLDER_SETTING,
    GUIDANCE_SETTING,
    INPAINT_SETTING,
    LAMA_SETTING,
    STEPS_SETTING,
    THREADS_SETTING,
    DiffusionOptions,
    ModelFile,
    ModelOptions,
    Normalisation,
    Terms,
)
from nightdesk.providers.images.protocol import CommercialUse

_SHA256: Final = re.compile(r"^[0-9a-f]{64}$")
_DEVICE: Final = re.compile(r"^(auto|cpu|mps|cuda(:[0-9]{1,2})?)$")
#: Above any scale that a pipeline makes sense of; more is a slip of the pen.
_MOST_GUIDANCE: Final = 50.0
_MOST_LICENCE_CHARS: Final = 200


def read_image_models(environment: Environment, *, data_dir: Path) -> ModelOptions:
    """Read the choice of local models. Nothing set: none is used. Whether the files are there is looked up later.

    Raises:
        Misconfigured: a value that cannot be used, or a model file without its sha256.
    """
    topic = environment.topic("Local image models")
    folder = topic.text(
        FOLDER_SETTING,
        shown="`models` in the data folder",
        kind="folder",
        meaning="Where the files and folders of models lie that the settings below name.",
    )
    return ModelOptions(
        folder=Path(folder).expanduser().absolute() if folder else data_dir / "models",
        threads=topic.integer(
            THREADS_SETTING,
            default=0,
            most=256,
            meaning="Threads of one run of an ONNX model. 0: one for each core. Divide the cores among workers here.",
        ),
        background=_read_file(topic, BACKGROUND_SETTING, meaning="ONNX file of a model that cuts out subjects."),
        background_side=topic.integer(
            f"{BACKGROUND_SETTING}_SIDE",
            default=0,
            most=4096,
            meaning="Side in pixels of the square that this model looks at. 0: what the model itself says.",
        ),
        background_normalisation=Normalisation(
            topic.choice(
                f"{BACKGROUND_SETTING}_NORMALISATION",
                options=list(Normalisation),
                default=Normalisation.IMAGENET,
                meaning="How its training scaled pixels: `imagenet` for U2Net and BiRefNet, `dis` or `half` for IS-Net.",
            )
        ),
        lama=_read_file(topic, LAMA_SETTING, meaning="ONNX file of LaMa, which fills where objects were."),
        diffusion=_read_diffusion(topic),
    )


def _read_file(topic: Topic, setting: str, *, meaning: str) -> ModelFile:
    name = _read_name(topic, setting, kind="file name", meaning=meaning)
    sha256 = topic.text(
        f"{setting}_SHA256", kind="64 hex digits", meaning="Checksum of that file; another file is refused."
    ).lower()
    if name and not _SHA256.match(sha256):
        raise refuse(f"{setting}_SHA256", "must be the 64 hex digits that `sha256sum` prints for the model's file.")
    return ModelFile(name=name, sha256=sha256, terms=_read_terms(topic, setting))


def _read_diffusion(topic: Topic) -> DiffusionOptions:
    folder = _read_name(
        topic,
        DIFFUSION_SETTING,
        kind="folder name",
        meaning="Folder of a diffusers pipeline (SD, SDXL, Flux) that makes and repaints pictures.",
    )
    return DiffusionOptions(
        folder=folder,
        inpaint_folder=_read_name(
            topic,
            INPAINT_SETTING,
            kind="folder name",
            meaning="Folder of a pipeline that removes objects. Without it the pipeline above does that, too.",
        ),
        steps=topic.integer(
            STEPS_SETTING, default=30, least=1, most=200, meaning="Steps of one picture; turbo models want 4 or fewer."
        ),
        guidance=_read_guidance(topic),
        device=_read_device(topic),
        terms=_read_terms(topic, DIFFUSION_SETTING),
    )


def _read_name(topic: Topic, setting: str, *, kind: str, meaning: str) -> str:
    name = topic.text(setting, kind=kind, meaning=meaning)
    if name and (PurePath(name).is_absolute() or ".." in PurePath(name).parts or not name.isprintable()):
        raise refuse(setting, f"must be a name inside {FOLDER_SETTING}, not {name!r}.")
    return name


def _read_terms(topic: Topic, setting: str) -> Terms:
    licence = topic.text(
        f"{setting}_LICENCE",
        meaning="Licence of those weights, as people shall read it beside the tool and its results.",
    )
    if len(licence) > _MOST_LICENCE_CHARS or not licence.isprintable():
        raise refuse(f"{setting}_LICENCE", f"must be one line of at most {_MOST_LICENCE_CHARS} characters.")
    use = topic.choice(
        f"{setting}_COMMERCIAL",
        options=list(CommercialUse),
        default=CommercialUse.ASK,
        meaning="Whether that licence lets results be used for business; `ask` says that it depends.",
    )
    return Terms(licence=licence, commercial_use=CommercialUse(use))


def _read_guidance(topic: Topic) -> float | None:
    raw = topic.text(
        GUIDANCE_SETTING,
        kind="decimal number",
        shown="the pipeline's own",
        meaning="How closely a picture follows its prompt, like `7.5`; turbo models want `0`.",
    )
    if not raw:
        return None
    try:
        guidance = float(raw)
    except ValueError:
        guidance = -1.0
    if not 0 <= guidance <= _MOST_GUIDANCE:
        raise refuse(GUIDANCE_SETTING, f"must be a number from 0 to {_MOST_GUIDANCE:g}, not {raw!r}.")
    return guidance


def _read_device(topic: Topic) -> str:
    device = topic.text(
        DEVICE_SETTING,
        default="auto",
        kind="device",
        meaning="`cpu`, `cuda`, `cuda:1`, `mps`, or `auto`: the first GPU where there is one, else the processor.",
    ).lower()
    if not _DEVICE.match(device):
        raise refuse(DEVICE_SETTING, f"must be auto, cpu, mps, cuda or one card like cuda:1, not {device!r}.")
    return device
