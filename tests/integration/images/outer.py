"""Stand-ins for providers that are somewhere else, and for a model on this machine: they behave as a test says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    CommercialUse,
    GenerationRequest,
    Made,
    Operation,
    ProviderInfo,
    ProviderKind,
    Readiness,
    Work,
)


@dataclass
class Vendor:
    """The other side: what it was paid for, and what it does after it was paid (once for each entry)."""

    paid: list[str] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def draw(self, prompt: str) -> str:
        """Take the money."""
        self.paid.append(prompt)
        return f"picture {len(self.paid)}"


class Hosted:
    """Generates pictures on somebody else's machine; costs money."""

    vendor: ClassVar[Vendor] = Vendor()
    missing: ClassVar[tuple[str, ...]] = ()

    info = ProviderInfo(
        name="outer",
        title="Outer pictures",
        operation=Operation.GENERATION,
        kind=ProviderKind.HOSTED,
        version="1",
        queue="ai_generation",
        is_generative_ai=True,
        code_licence="MIT",
        weights_licence="",
        commercial_use=CommercialUse.ASK,
        data_goes_to="pictures.example",
        limits={"max_pixels": 4_000_000},
    )

    def __init__(self, options: ImageOptions) -> None:
        """Nothing of it can be configured."""

    def ready(self) -> Readiness:
        return Readiness(is_ready=not self.missing, missing=self.missing, detail=f"Set {', '.join(self.missing)}.")

    def expected_s(self, pixels: int) -> float | None:
        return None

    def generate(self, request: GenerationRequest, work: Work) -> Made:
        """Pay, keep what came, then do what the vendor does afterwards."""

        def call() -> dict[str, str]:
            return {"said": self.vendor.draw(request.prompt), "kept": work.keep(b"the paid picture")}

        answer: dict[str, Any] = work.once("draw", call)
        if self.vendor.afterwards:
            self.vendor.afterwards.pop(0)()
        assert work.kept(answer["kept"]) == b"the paid picture"
        pixels = np.full((request.height, request.width, 3), 200, dtype=np.uint8)
        return Made(pixels=pixels, method=answer["said"], cost_micros=40_000, model="outer-1")


class Warm(Hosted):
    """Generates pictures with a model on this machine."""

    info = ProviderInfo(
        name="warm",
        title="Warm model",
        operation=Operation.GENERATION,
        kind=ProviderKind.LOCAL_MODEL,
        version="1",
        queue="gpu",
        is_generative_ai=True,
        code_licence="MIT",
        weights_licence="Apache-2.0",
        commercial_use=CommercialUse.YES,
        data_goes_to="stays on this machine",
    )
