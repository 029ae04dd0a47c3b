"""What the operator chose about pictures."""

from dataclasses import dataclass, field

from nightdesk.providers.images.models.options import ModelOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOptions:
    """Settings of every image provider, in one place. `order` names providers, the first ready one works by default."""

    order: tuple[str, ...] = ()
    models: ModelOptions = field(default_factory=ModelOptions)
