"""Which providers there are for each operation, and which one works when nobody names one."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from nightdesk.core.errors import InvalidInput, Misconfigured
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Operation, ProviderInfo, Readiness


@dataclass(slots=True)
class _Configured:
    options: ImageOptions


_configured: Final[_Configured] = _Configured(ImageOptions())

_EMBEDDED: Final = "nightdesk.providers.images.embedded"
_MODELS: Final = "nightdesk.providers.images.models"
_HOSTED: Final = "nightdesk.providers.images.hosted"

#: For each operation the adapters as `module:class`, made with the options; what is configured comes before what is
#: always there. Imported when asked for: a process that makes no pictures loads none of it.
PROVIDERS: Final[dict[Operation, tuple[str, ...]]] = {
    Operation.GENERATION: (
        f"{_MODELS}.diffusion.provider:DiffusionGenerator",
        f"{_HOSTED}.openai.providers:OpenAIGenerator",
        f"{_HOSTED}.replicate.providers:ReplicateGenerator",
        f"{_HOSTED}.comfyui.providers:ComfyUIGenerator",
        f"{_EMBEDDED}.layout.provider:Layout",
    ),
    Operation.FACE_SWAP: (
        f"{_HOSTED}.replicate.providers:ReplicateFaceSwap",
        f"{_EMBEDDED}.faces.provider:LandmarkSwap",
        f"{_EMBEDDED}.faces.provider:EyeSwap",
    ),
    Operation.BACKGROUND: (
        f"{_MODELS}.onnx_background:OnnxBackground",
        f"{_HOSTED}.replicate.providers:ReplicateBackground",
        f"{_EMBEDDED}.background.provider:Cutout",
    ),
    Operation.OBJECT: (
        f"{_MODELS}.lama:Lama",
        f"{_MODELS}.diffusion.provider:DiffusionEraser",
        f"{_HOSTED}.openai.providers:OpenAIEraser",
        f"{_HOSTED}.replicate.providers:ReplicateEraser",
        f"{_HOSTED}.comfyui.providers:ComfyUIEraser",
        f"{_EMBEDDED}.objects.provider:PatchFill",
    ),
    Operation.STYLE: (
        f"{_MODELS}.diffusion.provider:DiffusionStyle",
        f"{_HOSTED}.openai.providers:OpenAIStyle",
        f"{_HOSTED}.replicate.providers:ReplicateStyle",
        f"{_HOSTED}.comfyui.providers:ComfyUIStyle",
        f"{_EMBEDDED}.style.provider:Patchwork",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatus:
    """How a provider stands, for people. `is_used`: it works when nobody names another."""

    info: ProviderInfo
    readiness: Readiness
    is_used: bool


def configure(options: ImageOptions) -> None:
    """Take over what the operator chose. Called once, when the settings are loaded; the last call counts."""
    _configured.options = options


def find_provider(operation: Operation, name: str | None = None) -> Any:
    """Return the provider of this name, else the first ready one: in the operator's order, then in ours.

    Raises:
        InvalidInput: there is no provider of that name for this operation.
        Misconfigured: it is not ready; the message names the settings. Another one is never put in its place.
    """
    providers = list(_build(operation))
    if name:
        found = next((one for one in providers if one.info.name == name), None)
        if found is None:
            names = ", ".join(sorted(one.info.name for one in providers))
            raise InvalidInput(
                details={"provider": [f"There is no provider {name!r} for {operation}. Choose one of: {names}."]}
            )
        readiness = found.ready()
        if not readiness.is_ready:
            raise Misconfigured(
                f"The provider {name!r} is not ready. {readiness.detail}".strip(),
                setting=", ".join(readiness.missing) or name,
            )
        return found
    return _first_ready(operation, providers)


def next_ready(operation: Operation, after: str) -> Any | None:
    """Return the next ready provider after the one of this name; None where there is none.

    For a request that allows another to step in when a provider failed. Those that have had their turn come before it.
    """
    ranked = _rank(list(_build(operation)))
    names = [one.info.name for one in ranked]
    if after not in names:
        return None
    return next((one for one in ranked[names.index(after) + 1 :] if one.ready().is_ready), None)


def _first_ready(operation: Operation, providers: list[Any]) -> Any:
    ranked = _rank(providers)
    for provider in ranked:
        if provider.ready().is_ready:
            return provider
    details = " ".join(one.ready().detail for one in ranked)
    raise Misconfigured(f"Nothing is ready for {operation}. {details}".strip(), setting="image providers")


def _rank(providers: list[Any]) -> list[Any]:
    """Sort by the operator's order; those that it does not name keep ours, behind."""
    order = _configured.options.order
    return sorted(providers, key=lambda one: order.index(one.info.name) if one.info.name in order else len(order))


def describe_providers() -> list[ProviderStatus]:
    """Say of each provider of each operation whether it is used and what it lacks. Asks no server."""
    described = []
    for operation in Operation:
        providers = list(_build(operation))
        try:
            used = _first_ready(operation, providers).info.name
        except Misconfigured:
            used = ""
        described += [
            ProviderStatus(info=one.info, readiness=one.ready(), is_used=one.info.name == used) for one in providers
        ]
    return described


def _build(operation: Operation) -> Iterator[Any]:
    for place in PROVIDERS[operation]:
        module, _, name = place.partition(":")
        yield getattr(import_module(module), name)(_configured.options)
