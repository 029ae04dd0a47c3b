"""How each provider is made ready for the suite. A provider of the registry that has no line here fails it."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from nightdesk.providers.images.hosted.comfyui.workflows import Workflow
from nightdesk.providers.images.hosted.options import ComfyUIOptions, OpenAIOptions, ReplicateOptions
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Operation
from tests.support.image_vendors import ComfyUIServer, OpenAIServer, ReplicateServer
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


SETUPS: Final[dict[str, Setup]] = {
    "layout": use_nothing,
    "landmarks": use_nothing,
    "eyes": use_nothing,
    "cutout": use_nothing,
    "patchfill": use_nothing,
    "patchwork": use_nothing,
    "openai": lambda stack, _folder: openai_options(stack.enter_context(OpenAIServer())),
    "replicate": lambda stack, _folder: replicate_options(stack.enter_context(ReplicateServer())),
    "comfyui": lambda stack, _folder: comfyui_options(stack.enter_context(ComfyUIServer())),
}
