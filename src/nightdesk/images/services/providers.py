"""How the providers stand, for people and programs."""

from dataclasses import dataclass
from typing import Any, Final

from nightdesk.providers.images.protocol import Operation, ProviderInfo, Readiness
from nightdesk.providers.images.registry import describe_providers, find_provider

_MEGAPIXEL: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """One provider of one operation. What only a ready one can say is empty or None for the others."""

    info: ProviderInfo
    readiness: Readiness
    is_used: bool
    styles: tuple[str, ...] = ()
    expected_s_per_megapixel: float | None = None


def list_providers() -> list[ProviderState]:
    """Say of each provider of each operation what it is, whether it is ready and what it lacks. Asks no server."""
    states = []
    for one in describe_providers():
        more = _ask(one.info) if one.readiness.is_ready else {}
        states.append(ProviderState(info=one.info, readiness=one.readiness, is_used=one.is_used, **more))
    return states


def has_work_for(queue: str) -> bool:
    """Whether a ready provider has its jobs wait in this queue; without one nothing is ever routed there."""
    return any(one.readiness.is_ready and one.info.queue == queue for one in describe_providers())


def _ask(info: ProviderInfo) -> dict[str, Any]:
    provider = find_provider(info.operation, info.name)
    styles = provider.styles() if info.operation == Operation.STYLE else ()
    return {"styles": tuple(styles), "expected_s_per_megapixel": provider.expected_s(_MEGAPIXEL)}
