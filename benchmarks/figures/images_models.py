"""What we add to a model of the operator's: a matting network in ONNX form and a diffusion pipeline, both stand-ins.

No weights ship with us, so the networks here have random ones and the cost of real ones: times mean something, pictures not.
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from benchmarks.photographs import FreeWork, Plan, enlarge, time_best
from benchmarks.table import Figure
from nightdesk.providers.images.models.diffusion.provider import DiffusionGenerator
from nightdesk.providers.images.models.onnx_background import OnnxBackground
from nightdesk.providers.images.models.options import DiffusionOptions, ModelFile, ModelOptions
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import BackgroundRequest, GenerationRequest
from tests.support.photographs import photograph

WANTED_RATIO: Final = 1.3
WANTED_OVERHEAD: Final = 0.05
_MATTING_SIDE: Final = 320
_MATTING_LAYERS: Final = 12  # of 64 channels: about a second on two cores, as U2-Net takes
_STEPS: Final = 8
_DIFFUSION_SIDE: Final = 128


def measure(plan: Plan) -> Iterator[Figure]:
    """Hold each provider against the bare run of the same file."""
    with TemporaryDirectory(prefix="nightdesk-models-") as folder:
        yield from _measure_matting(Path(folder), plan)
        if find_spec("torch") is None or find_spec("diffusers") is None:
            yield Figure(what="diffusion", reach="", ours="PyTorch and diffusers are not installed")
        else:
            yield from _measure_diffusion(Path(folder), plan)


def _measure_matting(folder: Path, plan: Plan) -> Iterator[Figure]:
    import onnxruntime

    path = folder / "matte.onnx"
    _save_matting(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    options = ImageOptions(models=ModelOptions(folder=folder, background=ModelFile(name=path.name, sha256=sha256)))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    entry = np.zeros((1, 3, _MATTING_SIDE, _MATTING_SIDE), np.float32)
    session.run(None, {"picture": entry})
    for megapixels in (1, 12):
        image = np.asarray(enlarge(photograph("astronaut"), megapixels), np.uint8)
        request = BackgroundRequest(image=image)
        OnnxBackground(options).remove_background(request, FreeWork())
        bare_s, _ = time_best(lambda: session.run(None, {"picture": entry}), 2 * plan.repetitions)
        ours_s, _ = time_best(
            lambda request=request: OnnxBackground(options).remove_background(request, FreeWork()), 2 * plan.repetitions
        )
        yield Figure(
            what=f"background by a matting network of U2-Net's cost (random weights), {megapixels} MP; peer: the bare run",
            reach=f"<= {WANTED_RATIO:g} x the bare run",
            ours=f"{ours_s:.2f} s",
            peers=f"{bare_s:.2f} s",
            ratio=f"{ours_s / bare_s:.2f}",
            met=ours_s <= WANTED_RATIO * bare_s,
        )


def _save_matting(path: Path) -> None:
    """Save a network that finds what is red, and computes as much besides as a large one does."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    weights = {
        "red": np.array([3.0, -3.0, -3.0], np.float32).reshape(1, 3, 1, 1),
        "first": random.normal(0, 0.2, (64, 3, 3, 3)).astype(np.float32),
        "last": random.normal(0, 0.1, (1, 64, 1, 1)).astype(np.float32),
        "little": np.array(1e-9, np.float32),
    }
    nodes = [helper.make_node("Conv", ["picture", "first"], ["x0"], pads=[1] * 4)]
    for number in range(_MATTING_LAYERS):
        weights[f"w{number}"] = random.normal(0, 0.04, (64, 64, 3, 3)).astype(np.float32)
        nodes += [
            helper.make_node("Conv", [f"x{number}", f"w{number}"], [f"y{number}"], pads=[1] * 4),
            helper.make_node("Relu", [f"y{number}"], [f"x{number + 1}"]),
        ]
    nodes += [
        helper.make_node("Conv", [f"x{_MATTING_LAYERS}", "last"], ["noise"]),
        helper.make_node("Mul", ["noise", "little"], ["trace"]),
        helper.make_node("Conv", ["picture", "red"], ["seen"]),
        helper.make_node("Add", ["seen", "trace"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["matte"]),
    ]
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, bands, _MATTING_SIDE, _MATTING_SIDE])]
        for name, bands in (("picture", 3), ("matte", 1))
    )
    kept = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "stand_in", inputs, outputs, kept)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))


@dataclass
class _Watched(FreeWork):
    """Remembers when steps were reported, and the longest time between two looks after the first of them."""

    reported: list[float] = field(default_factory=list)
    longest_s: float = 0.0
    _last: float = 0.0

    def check(self) -> None:
        """Take the time since the last look."""
        now = time.perf_counter()
        if self.reported:
            self.longest_s = max(self.longest_s, now - self._last)
        self._last = now

    def progress(self, percent: int, message: str) -> None:
        """Take the time of the prompt's and of each step's report."""
        if message.startswith(("Reading the prompt", "Step ")):
            self.check()
            self.reported.append(self._last)


def _measure_diffusion(folder: Path, plan: Plan) -> Iterator[Figure]:
    pipeline = _save_diffusion(folder)
    chosen = DiffusionOptions(folder="larger", steps=_STEPS, device="cpu")
    generator = DiffusionGenerator(ImageOptions(models=ModelOptions(folder=folder, diffusion=chosen)))
    request = GenerationRequest(prompt="a red cat", width=_DIFFUSION_SIDE, height=_DIFFUSION_SIDE, seed=7)
    size = {"width": _DIFFUSION_SIDE, "height": _DIFFUSION_SIDE}

    def run_bare() -> Any:
        return pipeline("a red cat", num_inference_steps=_STEPS, output_type="np", **size)

    run_bare()
    generator.generate(request, FreeWork())
    bare, ours, works = [], [], []
    for _ in range(plan.repetitions + 1):  # in turns: whatever else the machine does meets both
        bare.append(time_best(run_bare, 1)[0])
        works.append(_Watched())
        ours.append(time_best(lambda: generator.generate(request, works[-1]), 1)[0])
    bare_s, ours_s = min(bare), min(ours)
    step_s = min(float(np.median(np.diff(work.reported[1:]))) for work in works)
    yield Figure(
        what=f"diffusion, {_STEPS} steps of {step_s:.2f} s (random weights), the pipeline warm; peer: diffusers alone",
        reach=f"<= {1 + WANTED_OVERHEAD:g} x the bare pipeline",
        ours=f"{ours_s:.2f} s",
        peers=f"{bare_s:.2f} s",
        ratio=f"{ours_s / bare_s:.3f}",
        met=ours_s <= (1 + WANTED_OVERHEAD) * bare_s,
    )
    first = min(work.reported[1] - work.reported[0] for work in works)
    longest = min(work.longest_s for work in works)
    yield Figure(
        what="diffusion: from the prompt to the first step's report; the longest between two looks whether to stop",
        reach="prompt and one step; <= one step",
        ours=f"{first:.2f} s; {longest:.2f} s = {longest / step_s:.2f} of a step",
        met=longest <= step_s,
    )


def _save_diffusion(folder: Path) -> Any:
    """Save the tiny pipeline of the tests with a network large enough that a step takes about 0.2 s; return it loaded."""
    import torch
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel

    from tests.support.tiny_diffusion import save_pipeline

    pipeline = StableDiffusionPipeline.from_pretrained(save_pipeline("sd", folder / "tiny"), local_files_only=True)
    torch.manual_seed(0)
    pipeline.unet = UNet2DConditionModel(
        block_out_channels=(96, 192),
        layers_per_block=2,
        sample_size=_DIFFUSION_SIDE // 2,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=pipeline.unet.config.cross_attention_dim,
        attention_head_dim=8,
    ).eval()
    pipeline.save_pretrained(folder / "larger", safe_serialization=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
