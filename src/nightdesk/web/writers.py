"""The text writers of this installation, as the settings page shows them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from nightdesk.providers.text.registry import DEFAULT_WRITER, WRITERS


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWriter:
    """One writer: whether it is used, whether it is ready, and the settings that it still misses."""

    name: str
    title: str
    is_used: bool
    is_ready: bool
    missing: tuple[str, ...]
    detail: str


def list_writers() -> list[ShownWriter]:
    """List the writers, the one in use first."""
    detail = _(
        "Arranges texts from the brief by fixed patterns. It needs no key and no model, understands nothing, and marks "
        "everything it writes with its name."
    )
    return [
        ShownWriter(
            name=name, title=_("Template"), is_used=name == DEFAULT_WRITER, is_ready=True, missing=(), detail=detail
        )
        for name in WRITERS
    ]
