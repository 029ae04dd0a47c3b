"""Shapes of the endpoints of image tasks, providers and settings."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from nightdesk.httpkit.schemas import In, Out
from nightdesk.images.models import MAX_PROMPT_CHARS, ImageSettings
from nightdesk.images.services import CONSENT_STATEMENT, Parameters, ProviderState
from nightdesk.providers.images.protocol import CommercialUse, Operation, ProviderKind

TaskType = Literal["image_generation", "face_swap", "background_removal", "object_removal", "style_transfer"]
Picture = Annotated[
    str | None, Field(None, description="Base64 (a `data:image/...;base64,` in front may stay), or `asset:<id>`.")
]


class TaskIn(In):
    """One image task. In a face swap `image` gives the face and `target_image` receives it."""

    task_type: TaskType
    prompt: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT_CHARS)] = ""
    image: Picture = None
    target_image: Picture = None
    mask: Picture = None
    parameters: Parameters = Field(default_factory=Parameters.model_construct)


class ProcessIn(In):
    """An image of the media store that is to be read and written anew."""

    file_path: str = Field(min_length=1, max_length=500, description="A name in the media store, as `uploads/a.jpg`.")
    max_width: int = Field(1200, ge=1, le=30_000)
    max_height: int = Field(800, ge=1, le=30_000)
    quality: int = Field(80, ge=1, le=100)


class ProviderOut(Out):
    """One provider of one operation."""

    name: str
    title: str
    operation: Operation
    kind: ProviderKind
    version: str
    queue: str = Field(description="Where its jobs wait.")
    generative_ai: bool
    code_licence: str
    weights_licence: str = Field(description="Empty: there are no weights.")
    commercial_use: CommercialUse
    data_goes_to: str
    limits: dict[str, Any]
    weak_points: list[str]
    styles: list[str] = Field(description="Styles that it knows by name.")
    ready: bool
    missing: list[str] = Field(description="Settings that it lacks.")
    detail: str
    is_used: bool = Field(description="It works when nobody names another.")
    expected_s_per_megapixel: float | None = Field(description="A guess; null: nobody knows.")

    @classmethod
    def from_state(cls, state: ProviderState) -> Self:
        """Show how a provider stands."""
        info = state.info
        return cls(
            name=info.name,
            title=info.title,
            operation=info.operation,
            kind=info.kind,
            version=info.version,
            queue=info.queue,
            generative_ai=info.is_generative_ai,
            code_licence=info.code_licence,
            weights_licence=info.weights_licence,
            commercial_use=info.commercial_use,
            data_goes_to=info.data_goes_to,
            limits=info.limits,
            weak_points=list(info.weak_points),
            styles=list(state.styles),
            ready=state.readiness.is_ready,
            missing=list(state.readiness.missing),
            detail=state.readiness.detail,
            is_used=state.is_used,
            expected_s_per_megapixel=state.expected_s_per_megapixel,
        )


class ProvidersOut(Out):
    """All providers of all operations."""

    providers: list[ProviderOut]


class SettingsOut(Out):
    """What an administrator decided about pictures."""

    face_swap_allowed: bool
    consent_statement: str = Field(description="What `parameters.consent` confirms; stored with each face swap.")

    @classmethod
    def from_row(cls, row: ImageSettings) -> Self:
        """Show the settings."""
        return cls(face_swap_allowed=row.face_swap_allowed, consent_statement=CONSENT_STATEMENT)


class SettingsPatch(In):
    """What to change."""

    face_swap_allowed: bool
