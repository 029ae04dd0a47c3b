"""A writer of campaigns that takes a moment for each channel and tells the witness: the template's texts, paced.

Stands where a model would stand; named in `extra_tasks`, so worker and web load it.
"""

import time
from typing import Any

from nightdesk.providers.text.protocol import OnProgress, PieceDraft, PieceRequest
from nightdesk.providers.text.registry import DEFAULT_WRITER, WRITERS
from nightdesk.providers.text.template.writer import TemplateWriter
from tests.support.witness import witness

PACE_S = 0.3


class PacedWriter(TemplateWriter):
    """Says which channel it begins, then writes."""

    def write(self, request: PieceRequest, *, on_progress: OnProgress | None = None, **more: Any) -> PieceDraft:
        """Write one piece."""
        witness("step", "campaign", request.channel)
        time.sleep(PACE_S)
        return super().write(request, on_progress=on_progress, **more)


WRITERS[DEFAULT_WRITER] = PacedWriter
