"""Which writers there are, by name."""

from collections.abc import Callable
from typing import Final

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.text.protocol import TextWriter
from nightdesk.providers.text.template.writer import TemplateWriter

#: The writer that is always ready.
DEFAULT_WRITER: Final = TemplateWriter.name
WRITERS: Final[dict[str, Callable[[], TextWriter]]] = {TemplateWriter.name: TemplateWriter}


def find_writer(name: str = DEFAULT_WRITER) -> TextWriter:
    """Return the writer of a name; another one is never put in its place.

    Raises:
        Misconfigured: there is no writer of that name.
    """
    if name not in WRITERS:
        raise Misconfigured(
            f"There is no text writer named {name!r}. Choose one of: {', '.join(sorted(WRITERS))}.",
            setting="text writer",
        )
    return WRITERS[name]()
