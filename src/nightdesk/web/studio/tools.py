"""The tools: what each operation asks for, and who can do it here."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.core.errors import InvalidInput, Misconfigured
from nightdesk.providers.images import registry
from nightdesk.providers.images.protocol import CommercialUse, Operation, ProviderInfo, ProviderKind

KINDS: Final[dict[ProviderKind, Promise]] = {
    ProviderKind.EMBEDDED: _("Built in"),
    ProviderKind.LOCAL_MODEL: _("Model on this machine"),
    ProviderKind.HOSTED: _("Hosted service"),
}
COMMERCIAL: Final[dict[CommercialUse, Promise]] = {
    CommercialUse.YES: _("commercial use allowed"),
    CommercialUse.NO: _("no commercial use"),
    CommercialUse.ASK: _("commercial use: read its terms"),
}
#: Strength that a form starts with, where the operation has one: above it faces dissolve, or nothing is seen.
USUAL_STRENGTH: Final = {Operation.STYLE: 0.4, Operation.FACE_SWAP: 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What a form of this operation asks for. `other`: a second picture, "needed" or "welcome"."""

    operation: Operation
    title: Promise
    hint: Promise
    prompt: Promise | None = None
    needs_prompt: bool = False
    has_mask: bool = False
    has_box: bool = False
    has_style: bool = False
    has_strength: bool = False
    has_seed: bool = True
    other: str = ""

    @property
    def is_named(self) -> str:
        """Its word in an address, which is the operation's in the API."""
        return str(self.operation)

    @property
    def usual_strength(self) -> float:
        """The strength that a form starts with."""
        return USUAL_STRENGTH.get(self.operation, 1.0)


GENERATION: Final = Tool(
    operation=Operation.GENERATION,
    title=_("Make a picture"),
    hint=_("Say what is to be seen."),
    prompt=_("What is to be seen"),
    needs_prompt=True,
    has_style=True,
)
#: The tools that change a picture, in the order of the page.
TOOLS: Final[dict[str, Tool]] = {
    tool.is_named: tool
    for tool in (
        Tool(
            operation=Operation.BACKGROUND,
            title=_("Remove background"),
            hint=_(
                "Everything but the subject becomes transparent. Where the subject is not found, draw a box round it."
            ),
            has_box=True,
            has_seed=False,
        ),
        Tool(
            operation=Operation.OBJECT,
            title=_("Remove object"),
            hint=_("Paint over what is to go, or draw a box round it. What is behind is filled in."),
            prompt=_("What is behind it"),
            has_mask=True,
            has_box=True,
        ),
        Tool(
            operation=Operation.STYLE,
            title=_("Change style"),
            hint=_("Repaints the picture in a style by name, or like another picture."),
            prompt=_("What it should look like"),
            has_style=True,
            has_strength=True,
            other="welcome",
        ),
        Tool(
            operation=Operation.FACE_SWAP,
            title=_("Swap face"),
            hint=_("Puts the face of another picture into this one."),
            has_strength=True,
            other="needed",
        ),
    )
}


#: Operation -> its name for people, in the order of the settings page.
NAMES: Final[dict[str, Promise]] = {tool.is_named: tool.title for tool in (GENERATION, *TOOLS.values())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A provider as a form offers it. `expected_s`: how long a picture of this size takes; None: nobody knows."""

    info: ProviderInfo
    is_ready: bool
    is_used: bool
    missing: tuple[str, ...]
    detail: str
    expected_s: float | None
    styles: tuple[str, ...]

    @property
    def kind_words(self) -> Promise:
        """Where the work is done."""
        return KINDS[self.info.kind]

    @property
    def commercial_words(self) -> Promise:
        """What its licences allow."""
        return COMMERCIAL[self.info.commercial_use]

    @property
    def expected_whole_s(self) -> int | None:
        """The expected time in whole seconds, at least one."""
        return None if self.expected_s is None else max(1, round(self.expected_s))


def list_choices(operation: Operation, *, pixels: int = 0) -> list[Choice]:
    """List who can do an operation, ready or not, in the registry's order. Asks no server and loads no model."""
    found = [status for status in registry.describe_providers() if status.info.operation == operation]
    return [_choice(status, pixels) for status in found]


def count_unready(choices: list[Choice]) -> int:
    """Count those who cannot work yet."""
    return sum(not choice.is_ready for choice in choices)


def styles_of(choices: list[Choice]) -> list[str]:
    """Name the styles that the ready ones know by themselves, each once."""
    return list(dict.fromkeys(style for choice in choices if choice.is_ready for style in choice.styles))


def _choice(status: registry.ProviderStatus, pixels: int) -> Choice:
    provider = _find(status) if status.readiness.is_ready else None
    return Choice(
        info=status.info,
        is_ready=status.readiness.is_ready,
        is_used=status.is_used,
        missing=status.readiness.missing,
        detail=status.readiness.detail,
        expected_s=provider.expected_s(pixels) if provider is not None and pixels else None,
        styles=tuple(provider.styles()) if provider is not None and hasattr(provider, "styles") else (),
    )


def _find(status: registry.ProviderStatus) -> Any:
    try:
        return registry.find_provider(status.info.operation, status.info.name)
    except (InvalidInput, Misconfigured):  # its file was taken away between two looks
        return None
