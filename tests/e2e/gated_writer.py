"""A writer that takes its time: the template's texts, each given out only when the test opens its gate.

Stands where a model would stand; named in `extra_tasks`, so worker and web load it. No test imports it: it takes the
place of the real writer as soon as it is read.
"""

from pathlib import Path
from typing import Any

from django.conf import settings

from nightdesk.providers.text.protocol import OnProgress, PieceDraft, PieceRequest
from nightdesk.providers.text.registry import DEFAULT_WRITER, WRITERS
from nightdesk.providers.text.template.writer import TemplateWriter
from tests.support.processes import wait_until

GATE_LIMIT_S = 60


class GatedWriter(TemplateWriter):
    """Reports half of a piece, waits for its gate, then hands the piece over."""

    def write(self, request: PieceRequest, *, on_progress: OnProgress | None = None, **more: Any) -> PieceDraft:
        """Write one piece once the gate of its channel is open."""
        gate = Path(settings.DATA_DIR) / f"gate-{request.channel}"

        def is_open() -> bool:
            if on_progress is not None:
                on_progress(50, "")  # raises when the job was cancelled
            return gate.exists()

        wait_until(is_open, GATE_LIMIT_S, f"the gate of {request.channel} is opened")
        return super().write(request)


WRITERS[DEFAULT_WRITER] = GatedWriter
