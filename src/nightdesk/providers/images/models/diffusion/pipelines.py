"""The pipeline that this process keeps warm. One at a time: two would not fit into most cards' memory."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.images.models.diffusion.folder import find_variant
from nightdesk.providers.images.models.options import DEVICE_SETTING
from nightdesk.providers.images.protocol import Work

#: Seconds between two looks whether a run that waits for the pipeline is to stop.
_LOOK_EVERY_S: Final = 0.05


class Purpose(StrEnum):
    """What a pipeline is asked to do; each has a class of its own in diffusers, over the same weights."""

    GENERATE = "generate"
    REPAINT = "repaint"
    FILL = "fill"


@dataclass(slots=True)
class _Warm:
    """What is loaded: the first pipeline made of a folder, and those that share its weights."""

    key: tuple[str, str, int] | None = None
    pipelines: dict[Purpose, Any] = field(default_factory=dict)


_warm: Final = _Warm()
_in_use: Final = threading.Lock()


@contextmanager
def borrow_pipeline(folder: Path, purpose: Purpose, *, device: str, setting: str, work: Work) -> Iterator[Any]:
    """Lend the pipeline of a folder for one run; load it first where another one, or none, is warm.

    Raises:
        Misconfigured: the device is not there, or the folder holds no pipeline for this purpose.
    """
    while not _in_use.acquire(timeout=_LOOK_EVERY_S):
        work.check()
    try:
        work.check()
        key = (str(folder), device, (folder / "model_index.json").stat().st_mtime_ns)
        if _warm.key != key:
            _forget()
            work.progress(2, "Loading the model")
            _warm.key = key
        try:
            if purpose not in _warm.pipelines:
                _warm.pipelines[purpose] = _make(folder, purpose, device=device, setting=setting)
            yield _warm.pipelines[purpose]
        finally:
            if not _warm.pipelines:
                _warm.key = None
            free_memory()
    finally:
        _in_use.release()


def forget_pipelines() -> None:
    """Drop what is warm and give its memory back; the next run loads anew."""
    with _in_use:
        _forget()


def free_memory() -> None:
    """Give back what a run left on the card: cancelled ones leave the most."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _forget() -> None:
    if _warm.key is None:
        return
    _warm.key = None
    _warm.pipelines.clear()
    free_memory()


def _make(folder: Path, purpose: Purpose, *, device: str, setting: str) -> Any:
    import diffusers
    from safetensors import SafetensorError

    family = {
        Purpose.GENERATE: diffusers.AutoPipelineForText2Image,
        Purpose.REPAINT: diffusers.AutoPipelineForImage2Image,
        Purpose.FILL: diffusers.AutoPipelineForInpainting,
    }[purpose]
    try:
        if relative := next(iter(_warm.pipelines.values()), None):
            pipeline = family.from_pipe(relative)
        else:
            pipeline = _load(family, folder, device=device)
        _refuse_unsuitable(pipeline, purpose)
    except (OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise Misconfigured(
            f"The folder that {setting} names cannot be loaded to {purpose} pictures ({type(error).__name__}). "
            "See which pipelines the page on image models names.",
            setting=setting,
        ) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _refuse_unsuitable(pipeline: Any, purpose: Purpose) -> None:
    """Raise `ValueError` for weights that were trained to fill: their network wants a mask and does nothing without."""
    unet = pipeline.components.get("unet")
    if unet is not None and purpose != Purpose.FILL and unet.config.in_channels != pipeline.vae.config.latent_channels:
        raise ValueError("these weights fill holes and do nothing else")


def _load(family: Any, folder: Path, *, device: str) -> Any:
    import torch

    place = _find_device(device)
    pipeline = family.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        variant=find_variant(folder),
        dtype=_precision(folder, place),
    )
    if torch.cuda.is_available():
        torch.backends.cuda.matmul.allow_tf32 = False  # the same seed gives the same picture on every run
    return pipeline.to(place)


def _find_device(device: str) -> str:
    import torch

    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    seen = {
        "cpu": True,
        "mps": torch.backends.mps.is_available(),
        "cuda": torch.cuda.is_available() and int(device.partition(":")[2] or 0) < torch.cuda.device_count(),
    }
    if not seen[device.partition(":")[0]]:
        raise Misconfigured(
            f"There is no device {device!r} here. Set {DEVICE_SETTING} to auto or cpu, or install PyTorch's build for it.",
            setting=DEVICE_SETTING,
        )
    return device


def _precision(folder: Path, place: str) -> Any:
    """Choose numbers of half the size on a card. Flux was trained in bfloat16 and overflows in float16."""
    import torch

    if not place.startswith("cuda"):
        return torch.float32
    is_flux = '"Flux' in (folder / "model_index.json").read_text(encoding="utf-8")
    return torch.bfloat16 if is_flux else torch.float16
