"""How models of the operator's are described: what they have in common."""

from typing import Final

from nightdesk.providers.images.models.options import Terms
from nightdesk.providers.images.protocol import Operation, ProviderInfo, ProviderKind

_VERSION: Final = "1"
_NOT_STATED: Final = "not stated; see the page of the model"


def describe_model(
    *,
    name: str,
    title: str,
    operation: Operation,
    queue: str,
    is_generative_ai: bool,
    libraries: str,
    terms: Terms,
    weak_points: tuple[str, ...],
) -> ProviderInfo:
    """Describe a provider that runs a model on this machine; licence and permission are what the operator wrote down.

    `libraries` names what runs it, each with its licence.
    """
    return ProviderInfo(
        name=name,
        title=title,
        operation=operation,
        kind=ProviderKind.LOCAL_MODEL,
        version=_VERSION,
        queue=queue,
        is_generative_ai=is_generative_ai,
        code_licence=f"MIT (ours), {libraries}",
        weights_licence=terms.licence or _NOT_STATED,
        commercial_use=terms.commercial_use,
        data_goes_to="stays on this machine",
        limits={"max_pixels": 100_000_000},
        weak_points=weak_points,
    )
