"""The template writer: `TextWriter` without a key and without a model."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from nightdesk.providers.text.brand import say_forbidden, texts_of
from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.limits import check_piece
from nightdesk.providers.text.protocol import OnCall, OnProgress, PieceDraft, PieceRequest
from nightdesk.providers.text.template.adverts import write_google_rsa, write_linkedin, write_meta_feed, write_x
from nightdesk.providers.text.template.articles import write_blog, write_email
from nightdesk.providers.text.template.brand import apply_kit
from nightdesk.providers.text.template.brief import Reading, read_brief
from nightdesk.providers.text.template.fitting import ELLIPSIS
from nightdesk.providers.text.template.languages import NEUTRAL
from nightdesk.providers.text.template.voice import Voice

#: Fewer facts and points than this make thin copy in every channel.
_THIN: Final = 3
#: So many other arrangements are tried where a piece is to differ from an earlier one.
_MOST_TURNS: Final = 12

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
        read = read_brief(request)
        reading = apply_kit(read, request.brand)
        fields = _arrange(request, reading)
        if reading is not read and check_piece(request.channel, fields).errors:
            # A kit may forbid so much that nothing is left to say; a text that says so is better than none.
            fields = _arrange(request, read)
        return PieceDraft(
            channel=request.channel, fields=fields, made_by=self.made_by, notes=_notes(request, reading, fields)
        )


def _arrange(request: PieceRequest, reading: Reading) -> dict[str, Any]:
    """Compose the piece; where it is to follow an earlier one, turn what is said until it differs from that."""
    compose, seed = _COMPOSERS[request.channel], _seed(request)
    fields = compose(Voice(reading, seed))
    if request.previous is None:
        return fields
    for turn in range(1, _MOST_TURNS):
        if fields != request.previous:
            break
        fields = compose(Voice(_turn(reading, turn), f"{seed}/{turn}"))
    return fields


def _turn(reading: Reading, by: int) -> Reading:
    """Let other facts and points come first."""
    return replace(reading, best=_rotate(reading.best, by), points=_rotate(reading.points, by))


def _rotate(texts: tuple[str, ...], by: int) -> tuple[str, ...]:
    place = by % max(1, len(texts))
    return texts[place:] + texts[:place]


def _seed(request: PieceRequest) -> str:
    # What is not said leaves the words as they are: a brief alone reads the same as before there were kits and wishes.
    unsaid = {name for name in ("brand", "wish", "previous") if not getattr(request, name)}
    return hashlib.sha256(request.model_dump_json(exclude=unsaid).encode()).hexdigest()


def _notes(request: PieceRequest, reading: Reading, fields: dict[str, Any]) -> list[str]:
    """Say what a person should change in the brief to get a better piece."""
    forbidden = request.brand.words_to_avoid if request.brand else []
    notes = [*_notes_on_wish(request, fields), *say_forbidden(fields, forbidden)]
    if reading.pack.code == NEUTRAL.code:
        notes.append(
            f"There are no patterns for the language {request.language!r} of this brief: the piece arranges its own "
            "sentences. Edit it before use."
        )
    if not reading.facts and not reading.points:
        notes.append("The brief holds instructions only. Say what this is about, then regenerate.")
    elif len(reading.facts) + len(reading.points) < _THIN:
        notes.append("The brief says little. Add two or three facts or benefits, then regenerate.")
    texts = texts_of(fields)
    if any(text.endswith(ELLIPSIS) and ELLIPSIS not in request.brief for text in texts):
        notes.append(
            "A sentence of the brief is too long for this channel and ends in an ellipsis. Rewrite it shorter."
        )
    if any(text in reading.pack.stand_ins for text in texts):
        notes.append("The brief has too few short phrases for this channel, so general words stand in. Replace them.")
    return notes


def _notes_on_wish(request: PieceRequest, fields: dict[str, Any]) -> Iterator[str]:
    is_same = request.previous is not None and fields == request.previous
    if request.wish.strip() and is_same:
        yield "Templates cannot follow a wish. Edit the text by hand, or connect a model."
    elif request.wish.strip():
        yield (
            "Templates cannot follow a wish: this is another arrangement of the brief. Edit it by hand, or connect a model."
        )
    if is_same:
        yield "The brief gives nothing for another arrangement: this is the same text again. Say more in the brief."
