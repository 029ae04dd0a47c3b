"""The template writer: `TextWriter` without a key and without a model."""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.protocol import OnCall, OnProgress, PieceDraft, PieceRequest
from nightdesk.providers.text.template.adverts import write_google_rsa, write_linkedin, write_meta_feed, write_x
from nightdesk.providers.text.template.articles import write_blog, write_email
from nightdesk.providers.text.template.brief import Reading, read_brief
from nightdesk.providers.text.template.fitting import ELLIPSIS
from nightdesk.providers.text.template.languages import NEUTRAL
from nightdesk.providers.text.template.voice import Voice

#: Fewer facts and points than this make thin copy in every channel.
_THIN: Final = 3

_COMPOSERS: Final[dict[Channel, Callable[[Voice], dict[str, Any]]]] = {
    Channel.GOOGLE_RSA: write_google_rsa,
    Channel.META_FEED: write_meta_feed,
    Channel.LINKEDIN: write_linkedin,
    Channel.X: write_x,
    Channel.EMAIL: write_email,
    Channel.BLOG: write_blog,
}


class TemplateWriter:
    """Arranges the brief's own words in patterns. The same request gives the same words; nothing outside is asked."""

    name = "template"
    made_by = "template"
    at_once = 1  # each takes milliseconds

    def write(
        self,
        request: PieceRequest,
        *,
        on_progress: OnProgress | None = None,
        on_call: OnCall | None = None,
        deadline_s: float | None = None,
    ) -> PieceDraft:
        """Write one piece; takes milliseconds and never fails for a brief's content."""
        if on_progress is not None:
            on_progress(0, f"Arranging the brief for {CHANNELS[request.channel].title}")
        reading = read_brief(request)
        fields = _COMPOSERS[request.channel](Voice(reading, _seed(request)))
        return PieceDraft(
            channel=request.channel, fields=fields, made_by=self.made_by, notes=_notes(request, reading, fields)
        )


def _seed(request: PieceRequest) -> str:
    return hashlib.sha256(request.model_dump_json().encode()).hexdigest()


def _notes(request: PieceRequest, reading: Reading, fields: dict[str, Any]) -> list[str]:
    """Say what a person should change in the brief to get a better piece."""
    notes = []
    if reading.pack is NEUTRAL:
        notes.append(
            f"There are no patterns for the language {request.language!r} of this brief: the piece arranges its own "
            "sentences. Edit it before use."
        )
    if not reading.facts and not reading.points:
        notes.append("The brief holds instructions only. Say what this is about, then regenerate.")
    elif len(reading.facts) + len(reading.points) < _THIN:
        notes.append("The brief says little. Add two or three facts or benefits, then regenerate.")
    texts = [text for value in fields.values() for text in (value if isinstance(value, list) else [value])]
    if any(text.endswith(ELLIPSIS) and ELLIPSIS not in request.brief for text in texts):
        notes.append(
            "A sentence of the brief is too long for this channel and ends in an ellipsis. Rewrite it shorter."
        )
    if any(text in reading.pack.stand_ins for text in texts):
        notes.append("The brief has too few short phrases for this channel, so general words stand in. Replace them.")
    return notes
