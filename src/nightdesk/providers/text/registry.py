"""Which writers there are, by name, and which one writes when nobody names one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.text.openai_compatible.writer import ModelWriter
from nightdesk.providers.text.options import TextOptions
from nightdesk.providers.text.protocol import TextWriter
from nightdesk.providers.text.template.writer import TemplateWriter


@dataclass(slots=True)
class _Configured:
    options: TextOptions


_configured: Final[_Configured] = _Configured(TextOptions())

#: The writer that is always ready.
DEFAULT_WRITER: Final = TemplateWriter.name
WRITERS: Final[dict[str, Callable[[], TextWriter]]] = {
    TemplateWriter.name: TemplateWriter,
    ModelWriter.name: lambda: ModelWriter(_configured.options),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterStatus:
    """How a writer stands, for people. `missing` names settings; `detail` never holds a secret."""

    name: str
    title: str
    is_used: bool  # it writes when nobody names another
    is_ready: bool
    missing: tuple[str, ...]
    detail: str


def configure(options: TextOptions) -> None:
    """Take over what the operator chose. Called once, when the settings are loaded; the last call counts."""
    _configured.options = options


def current_options() -> TextOptions:
    """Return what the operator chose, for whoever else asks the model."""
    return _configured.options


def find_writer(name: str | None = None) -> TextWriter:
    """Return the writer of a name, or the one that the settings choose; another one is never put in its place.

    Raises:
        Misconfigured: there is no writer of that name, or a setting that it needs is missing.
    """
    name = name or _choose()
    if name not in WRITERS:
        raise Misconfigured(
            f"There is no text writer named {name!r}. Choose one of: {', '.join(sorted(WRITERS))}.",
            setting="text writer",
        )
    return WRITERS[name]()


def describe_writers() -> list[WriterStatus]:
    """Say of each writer whether it is used and what it lacks. Asks no server."""
    options, used = _configured.options, _choose()
    return [
        WriterStatus(
            name=TemplateWriter.name,
            title="Templates",
            is_used=used == TemplateWriter.name,
            is_ready=True,
            missing=(),
            detail="Arranges the sentences of the brief. Needs no key and no model.",
        ),
        WriterStatus(
            name=ModelWriter.name,
            title="Model on an OpenAI-compatible server",
            is_used=used == ModelWriter.name,
            is_ready=not options.missing,
            missing=options.missing,
            detail=_describe_model(options),
        ),
    ]


def _choose() -> str:
    return ModelWriter.name if _configured.options.is_chosen else DEFAULT_WRITER


def _describe_model(options: TextOptions) -> str:
    if not options.is_chosen:
        return (
            "Not connected. Set NIGHTDESK_TEXT_URL to the address of a server, or NIGHTDESK_TEXT_KEY and "
            "NIGHTDESK_TEXT_MODEL for OpenAI, then start Nightdesk again."
        )
    if options.missing:
        return f"Set {' and '.join(options.missing)}, then start Nightdesk again."
    return f"{options.model or 'The only model'} on {options.host}."
