"""One run of a pipeline: every step reported, stopped within a step, the same picture for the same seed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from nightdesk.core.errors import Permanent
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.protocol import Pixels, Work

#: Where in the whole operation, in percent, the steps begin and end; before lies loading, after it decoding.
FIRST_PERCENT: Final = 10
LAST_PERCENT: Final = 92
#: What seeds of PyTorch can hold.
_SEEDS: Final = 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Which part of an operation a run is: `done` runs of `of` came before it."""

    done: int = 0
    of: int = 1

    def percent(self, step: int, steps: int) -> int:
        """Say how far the whole operation is after a step of this run."""
        return FIRST_PERCENT + int((LAST_PERCENT - FIRST_PERCENT) * (self.done + step / steps) / self.of)


def run_pipeline(pipeline: Any, work: Work, *, seed: int, share: Share = Share(), arguments: dict[str, Any]) -> Pixels:
    """Run a pipeline once and return its picture as RGB. What `work` raises stops it between two blocks of its network.

    Afterwards, also when it was stopped, the pipeline can be used again.

    Raises:
        Unsuitable: the pipeline's own safety check withheld the picture.
        Permanent: it cannot do this, or the card's memory is too small for it.
    """
    import torch

    def report(running: Any, step: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        steps = running.num_timesteps
        work.progress(share.percent(step + 1, steps), f"Step {step + 1} of {steps}")
        return tensors

    work.progress(share.percent(0, 1), "Reading the prompt")
    with _listening(pipeline, work.check):
        try:
            output = pipeline(
                **arguments,
                generator=torch.Generator("cpu").manual_seed(seed % _SEEDS),
                callback_on_step_end=report,
                output_type="np",
            )
        except torch.OutOfMemoryError as error:
            raise Permanent(
                "The card has too little memory for this picture. Ask for a smaller one, or choose a smaller model."
            ) from error
        except (RuntimeError, ValueError, TypeError) as error:
            raise Permanent(
                f"The model could not do this ({type(error).__name__}). Change the request, or choose another provider."
            ) from error
    return _read_picture(output)


def _read_picture(output: Any) -> Pixels:
    if any(getattr(output, "nsfw_content_detected", None) or ()):
        raise Unsuitable("The model's own safety check withheld this picture. Change the prompt.", field="prompt")
    picture = np.asarray(output.images[0], np.float32)
    if not np.isfinite(picture).all():
        raise Permanent("The model made a picture without meaning. Choose another device or precision.")
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


@contextmanager
def _listening(pipeline: Any, check: Callable[[], None]) -> Iterator[None]:
    """Call `check` before every block of every network: a step may take half a minute on a processor."""
    import torch

    def listen(*_: Any) -> None:
        check()

    handles = [
        block.register_forward_pre_hook(listen)
        for network in pipeline.components.values()
        if isinstance(network, torch.nn.Module)
        for part in network.modules()
        if isinstance(part, torch.nn.ModuleList)
        for block in part
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
