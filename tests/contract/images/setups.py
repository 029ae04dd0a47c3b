"""How each provider is made ready for the suite. A provider of the registry that has no line here fails it."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from nightdesk.providers.images.hosted.comfyui.workflows import Workflow
from nightdesk.providers.images.hosted.options import ComfyUIOptions, OpenAIOptions, ReplicateOptions
from nightdesk.providers.images.models.options import DiffusionOptions, ModelFile, ModelOptions
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Operation
from tests.support.image_vendors import ComfyUIServer, OpenAIServer, ReplicateServer
from tests.support.onnx_models import save_lama, save_matting
from tests.support.vendor_server import KEY

#: Makes the options with which a provider is ready, in a folder of the test's own; servers end with the stack.
Setup = Callable[[ExitStack, Path], ImageOptions]

REPLICATE_MODELS: Final = {
    Operation.GENERATION: "acme/painter",
    Operation.FACE_SWAP: "acme/swapper",
    Operation.BACKGROUND: "acme/cutter",
    Operation.OBJECT: "acme/eraser",
    Operation.STYLE: "acme/stylist",
}


def make_workflow(**slots: str) -> dict[str, Any]:
    """Make a workflow with a node for each slot, as small as ComfyUI would show it."""
    nodes = {
        str(number): {"class_type": f"Takes{name}", "inputs": {name: f"{{{{{slot}}}}}"}}
        for number, (name, slot) in enumerate(slots.items(), 1)
    }
    return {**nodes, "9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}, "_meta": {"title": "Nightdesk"}}}


WORKFLOWS: Final[dict[Operation, Workflow]] = {
    Operation.GENERATION: make_workflow(text="prompt", width="width", height="height", seed="seed"),
    Operation.OBJECT: make_workflow(image="image", mask="mask", text="prompt", seed="seed"),
    Operation.STYLE: make_workflow(image="image", text="prompt", denoise="strength", seed="seed"),
}


def openai_options(server: OpenAIServer, model: str = "gpt-image-1", **given: Any) -> ImageOptions:
    """Connect an OpenAI-compatible server."""
    return ImageOptions(openai=OpenAIOptions(url=server.url, key=KEY, model=model, **given))


def replicate_options(server: ReplicateServer, **given: Any) -> ImageOptions:
    """Connect Replicate."""
    return ImageOptions(replicate=ReplicateOptions(url=server.url, key=KEY, models=REPLICATE_MODELS, **given))


def comfyui_options(server: ComfyUIServer, **given: Any) -> ImageOptions:
    """Connect a ComfyUI."""
    return ImageOptions(comfyui=ComfyUIOptions(url=server.url, workflows=WORKFLOWS, **given))


def use_nothing(_stack: ExitStack, _folder: Path) -> ImageOptions:
    """Set nothing: what is built in needs nothing."""
    return ImageOptions()


def use_matte(_stack: ExitStack, folder: Path) -> ImageOptions:
    """Put a stand-in for a matting network into a models folder."""
    sha256 = save_matting(folder / "matte.onnx", side=64)
    return ImageOptions(models=ModelOptions(folder=folder, background=ModelFile(name="matte.onnx", sha256=sha256)))


def use_lama(_stack: ExitStack, folder: Path) -> ImageOptions:
    """Put a stand-in for LaMa into a models folder."""
    sha256 = save_lama(folder / "lama.onnx", side=512, colour=(0.1, 0.2, 0.8), unit=255.0)
    return ImageOptions(models=ModelOptions(folder=folder, lama=ModelFile(name="lama.onnx", sha256=sha256)))


def use_diffusion(stack: ExitStack, folder: Path) -> ImageOptions:
    """Put a tiny pipeline into a models folder; it is forgotten with the stack."""
    from nightdesk.providers.images.models.diffusion.pipelines import forget_pipelines
    from tests.support.tiny_diffusion import save_pipeline

    stack.callback(forget_pipelines)
    save_pipeline("sd", folder / "sd")
    chosen = DiffusionOptions(folder="sd/model", steps=4, device="cpu")
    return ImageOptions(models=ModelOptions(folder=folder, diffusion=chosen))


SETUPS: Final[dict[str, Setup]] = {
    "layout": use_nothing,
    "landmarks": use_nothing,
    "eyes": use_nothing,
    "cutout": use_nothing,
    "patchfill": use_nothing,
    "patchwork": use_nothing,
    "onnx": use_matte,
    "lama": use_lama,
    "diffusers": use_diffusion,
    "openai": lambda stack, _folder: openai_options(stack.enter_context(OpenAIServer())),
    "replicate": lambda stack, _folder: replicate_options(stack.enter_context(ReplicateServer())),
    "comfyui": lambda stack, _folder: comfyui_options(stack.enter_context(ComfyUIServer())),
}
