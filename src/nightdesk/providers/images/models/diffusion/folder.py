"""Folders of diffusion pipelines. Only safetensors are taken: every other format of weights can carry code."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.images.models.options import FOLDER_SETTING, ModelOptions
from nightdesk.providers.images.protocol import Readiness

_LIBRARIES: Final = ("torch", "diffusers", "transformers", "safetensors")
#: Pickles by any of their names, and modules that a pipeline could want to import.
_UNSAFE: Final = frozenset({".bin", ".ckpt", ".pkl", ".pickle", ".pt", ".pth", ".py"})
_WEIGHTS: Final = ".safetensors"
_INDEX: Final = "model_index.json"
#: Half precision by its name in the file names of a pipeline's weights; see diffusers, "Load different variants".
_HALF: Final = "fp16"


def inspect_folder(options: ModelOptions, name: str, *, setting: str) -> Readiness:
    """Say whether this pipeline is configured, complete and safe, and its libraries installed. Imports none of them."""
    if not name:
        return _refuse(
            setting,
            f"Put a diffusers pipeline into the folder of {FOLDER_SETTING} and set {setting} to its folder's name, "
            "then start Nightdesk again.",
        )
    absent = [library for library in _LIBRARIES if find_spec(library) is None]
    if absent:
        return _refuse(setting, f"It needs {', '.join(absent)}. Run `make diffusion`, then start Nightdesk again.")
    folder = options.folder / name
    try:
        complaint = _complain(folder, name)
    except OSError as error:
        complaint = f"The folder {name!r} cannot be read ({type(error).__name__}). Check its rights."
    return _refuse(setting, complaint) if complaint else Readiness(is_ready=True)


def take_folder(options: ModelOptions, name: str, *, setting: str) -> Path:
    """Return the folder of a pipeline, checked as `inspect_folder` does.

    Raises:
        Misconfigured: it is not ready; the message says what to do.
    """
    readiness = inspect_folder(options, name, setting=setting)
    if not readiness.is_ready:
        raise Misconfigured(readiness.detail, setting=setting)
    return options.folder / name


def find_variant(folder: Path) -> str | None:
    """Name the variant of the weights where there is no plain one: `fp16`, or None."""
    names = [path.name for path in folder.rglob(f"*{_WEIGHTS}")]
    return _HALF if names and all(f".{_HALF}." in name or f".{_HALF}-" in name for name in names) else None


def _complain(folder: Path, name: str) -> str:
    """Say what is wrong with a folder; empty where nothing is."""
    index = folder / _INDEX
    if not index.is_file():
        return f"There is no {_INDEX} in {name!r} in the folder of {FOLDER_SETTING}. Put a diffusers pipeline there."
    suffixes = {path.suffix.lower(): path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    if unsafe := sorted(suffixes.keys() & _UNSAFE):
        return (
            f"The folder {name!r} holds {suffixes[unsafe[0]].as_posix()!r}: files like this can carry code, so none of "
            f"it is used. Keep only {_WEIGHTS} weights."
        )
    if _WEIGHTS not in suffixes:
        return f"The folder {name!r} holds no {_WEIGHTS} weights. Put them there."
    return "" if _is_pipeline(index) else f"The {_INDEX} in {name!r} cannot be read. Fetch it again."


def _is_pipeline(index: Path) -> bool:
    try:
        described = json.loads(index.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(described, dict) and isinstance(described.get("_class_name"), str)


def _refuse(setting: str, detail: str) -> Readiness:
    return Readiness(is_ready=False, missing=(setting,), detail=detail)
