"""What an operator chose for the hosted providers. `config` reads it once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nightdesk.providers.images.protocol import Operation
from nightdesk.providers.wire.servers import ServerAddress

IMAGE_URL_SETTING: Final = "NIGHTDESK_IMAGE_URL"
IMAGE_KEY_SETTING: Final = "NIGHTDESK_IMAGE_KEY"
IMAGE_MODEL_SETTING: Final = "NIGHTDESK_IMAGE_MODEL"
IMAGE_TIMEOUT_SETTING: Final = "NIGHTDESK_IMAGE_TIMEOUT"
REPLICATE_URL_SETTING: Final = "NIGHTDESK_REPLICATE_URL"
REPLICATE_KEY_SETTING: Final = "NIGHTDESK_REPLICATE_KEY"
REPLICATE_TIMEOUT_SETTING: Final = "NIGHTDESK_REPLICATE_TIMEOUT"
COMFYUI_URL_SETTING: Final = "NIGHTDESK_COMFYUI_URL"
COMFYUI_TIMEOUT_SETTING: Final = "NIGHTDESK_COMFYUI_TIMEOUT"

#: How settings call an operation.
_WORDS: Final = {
    Operation.GENERATION: "GENERATION",
    Operation.FACE_SWAP: "FACE_SWAP",
    Operation.BACKGROUND: "BACKGROUND",
    Operation.OBJECT: "OBJECT",
    Operation.STYLE: "STYLE",
}
#: The operations that a fixed workflow serves.
COMFYUI_OPERATIONS: Final = (Operation.GENERATION, Operation.OBJECT, Operation.STYLE)

_OPENAI_HOST: Final = "api.openai.com"
_OPENAI_URL: Final = f"https://{_OPENAI_HOST}/v1"
REPLICATE_URL: Final = "https://api.replicate.com/v1"


def name_model_setting(operation: Operation) -> str:
    """Name the setting that holds Replicate's model for an operation."""
    return f"NIGHTDESK_REPLICATE_{_WORDS[operation]}_MODEL"


def name_workflow_setting(operation: Operation) -> str:
    """Name the setting that holds ComfyUI's workflow file for an operation."""
    return f"NIGHTDESK_COMFYUI_{_WORDS[operation]}_WORKFLOW"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIOptions:
    """A server that speaks OpenAI's image API. `price_micros` is of one picture, in millionths of a US dollar."""

    url: str = field(default="", repr=False)  # may hold a user name and password
    key: str = field(default="", repr=False)
    model: str = ""
    timeout_s: float = 300.0
    price_micros: int | None = None

    @property
    def server(self) -> ServerAddress:
        """Where it is; OpenAI's own where no address is set."""
        return ServerAddress(self.url or _OPENAI_URL)

    @property
    def is_openai(self) -> bool:
        """Whether the server is OpenAI's own."""
        return self.server.hostname == _OPENAI_HOST

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings without which it cannot be asked."""
        if not (self.url or self.key):
            return (IMAGE_URL_SETTING,)
        needed = ((IMAGE_KEY_SETTING, self.key), (IMAGE_MODEL_SETTING, self.model)) if self.is_openai else ()
        return tuple(setting for setting, value in needed if not value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateOptions:
    """The account at Replicate, and a model as `owner/name` or `owner/name:version` for each operation that it serves."""

    url: str = field(default=REPLICATE_URL, repr=False)
    key: str = field(default="", repr=False)
    models: Mapping[Operation, str] = field(default_factory=dict)
    prices_micros: Mapping[Operation, int] = field(default_factory=dict)
    timeout_s: float = 600.0

    @property
    def server(self) -> ServerAddress:
        """Where it is."""
        return ServerAddress(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfyUIOptions:
    """A ComfyUI server, and a workflow in its API format for each operation that it serves."""

    url: str = field(default="", repr=False)
    workflows: Mapping[Operation, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    timeout_s: float = 900.0

    @property
    def server(self) -> ServerAddress:
        """Where it is."""
        return ServerAddress(self.url)
