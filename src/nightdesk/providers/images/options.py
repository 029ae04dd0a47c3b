"""What the operator chose about pictures."""

from dataclasses import dataclass, field
from typing import Final

from nightdesk.providers.images.hosted.options import ComfyUIOptions, OpenAIOptions, ReplicateOptions
from nightdesk.providers.images.models.options import ModelOptions

PROVIDERS_SETTING: Final = "NIGHTDESK_IMAGE_PROVIDERS"

#: Every name that an order may hold.
PROVIDER_NAMES: Final = (
    "layout",
    "landmarks",
    "eyes",
    "cutout",
    "patchfill",
    "patchwork",
    "onnx",
    "lama",
    "diffusers",
    "openai",
    "replicate",
    "comfyui",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOptions:
    """Settings of every image provider, in one place. `order` names providers, the first ready one works by default."""

    order: tuple[str, ...] = ()
    openai: OpenAIOptions = field(default_factory=OpenAIOptions)
    replicate: ReplicateOptions = field(default_factory=ReplicateOptions)
    comfyui: ComfyUIOptions = field(default_factory=ComfyUIOptions)
    models: ModelOptions = field(default_factory=ModelOptions)
