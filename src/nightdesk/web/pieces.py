"""How a piece is shown: its state as shape and word, its texts in their channel's order, each with its length."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.campaigns.models import Campaign, ContentPiece, Origin, WritingStatus
from nightdesk.engine.models import Job
from nightdesk.engine.states import State
from nightdesk.providers.text.channels import CHANNELS, Channel, FieldSpec
from nightdesk.providers.text.counting import count_text

#: Empty lines that a form offers for one more text of a kind.
SPARE_TEXTS: Final = 2


@dataclass(frozen=True, slots=True)
class Text:
    """One text. `goal`: the length to stay within, None where there is none. `is_refused`: a complaint is about it."""

    text: str
    count: int
    goal: int | None
    is_refused: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it is longer than it should be."""
        return self.goal is not None and self.count > self.goal


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a piece: a single text, or several."""

    label: str
    texts: tuple[Text, ...]
    field: FieldSpec
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPiece:
    """A channel of a campaign with what was written for it; `piece` is None until then.

    `job` writes this one piece anew, or did so in vain. `stamp` differs whenever it would look different: the page swaps
    only what changed.
    """

    channel: str
    title: str
    piece: ContentPiece | None
    parts: tuple[Part, ...]
    look: str
    word: Promise
    job: Job | None
    is_wanted: bool
    is_old: bool
    stamp: str

    @property
    def is_busy(self) -> bool:
        """Whether this one piece is being written anew."""
        return self.job is not None and self.job.finished_at is None


def show_pieces(campaign: Campaign, jobs: Mapping[UUID, Job]) -> list[ShownPiece]:
    """List the campaign's channels in their order, then pieces of channels that are no longer asked for.

    `jobs`: those of the pieces' jobs that the reader may see.
    """
    pieces = {piece.channel: piece for piece in campaign.pieces.all()}
    extra = [channel for channel in Channel if channel in pieces and channel not in campaign.channels]
    return [show_piece(campaign, channel, pieces.get(channel), jobs) for channel in [*campaign.channels, *extra]]


def show_piece(campaign: Campaign, channel: str, piece: ContentPiece | None, jobs: Mapping[UUID, Job]) -> ShownPiece:
    """Show one channel of a campaign."""
    spec = CHANNELS[Channel(channel)]
    job = jobs.get(piece.task_id) if piece and piece.task_id else None
    job = None if job is not None and job.state == State.SUCCEEDED else job
    look, word = _status(campaign, piece)
    written = f"{piece.pk}-{piece.version}-{piece.updated_at.timestamp()}" if piece else "none"
    return ShownPiece(
        channel=channel,
        title=spec.title,
        piece=piece,
        parts=tuple(part for part in parts_of(channel, piece.fields) if part.texts) if piece else (),
        look=look,
        word=word,
        job=job,
        is_wanted=channel in campaign.channels,
        is_old=piece is not None and not piece.is_locked and piece.generation < campaign.generation,
        stamp=f"{written}-{look}-{word}-{job.version if job else ''}-{campaign.is_unfinished}",
    )


def parts_of(
    channel: str, fields: Mapping[str, Any], complaints: Mapping[str, list[str]] | None = None, *, spare: int = 0
) -> list[Part]:
    """Show the texts of a piece, field by field; `spare` empty ones more where the channel takes several."""
    return [_part(field, fields, complaints or {}, spare) for field in CHANNELS[Channel(channel)].fields]


def _status(campaign: Campaign, piece: ContentPiece | None) -> tuple[str, Promise]:
    if piece is not None and piece.is_locked:
        return "locked", _("Locked")
    if piece is None or piece.generation < campaign.generation:
        return _unwritten(campaign, has_old_text=piece is not None)
    if piece.origin == Origin.EDITED:
        return "done", _("Edited")
    return "done", _("Restored") if piece.origin == Origin.RESTORED else _("Ready")


def _unwritten(campaign: Campaign, *, has_old_text: bool) -> tuple[str, Promise]:
    if campaign.ai_processing_status == WritingStatus.PROCESSING:
        return "running", _("Being written")
    if campaign.ai_processing_status == WritingStatus.PENDING:
        return "waiting", _("Waiting")
    return ("late", _("From an earlier writing")) if has_old_text else ("ended", _("Not written"))


def _part(field: FieldSpec, fields: Mapping[str, Any], complaints: Mapping[str, list[str]], spare: int) -> Part:
    value = fields.get(field.name) or []
    texts = [value] if isinstance(value, str) else list(value)
    if spare:
        texts += [""] * (min(field.most - len(texts), spare) if field.most > 1 else 1 - len(texts))
    said = tuple(complaints.get(field.name, ()))
    counts = [count_text(text, field.unit) for text in texts]
    too_long = [field.hard is not None and count > field.hard for count in counts]
    shown = tuple(
        Text(text, count, field.goal, is_refused=bool(said) and (is_too_long or not any(too_long)))
        for text, count, is_too_long in zip(texts, counts, too_long, strict=True)
    )
    label = f"{field.label}s" if field.most > 1 else field.label
    return Part(label, shown, field, said)
