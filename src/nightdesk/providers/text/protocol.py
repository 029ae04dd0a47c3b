"""What is asked of a writer, and what it gives back."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict

from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.limits import check_piece
from nightdesk.providers.text.pieces import FIELDS, PieceFields

#: Called with percent (0 to 100) and a few words; may raise to stop the writer (cancelled, no longer ours).
OnProgress = Callable[[int, str], None]


def _require_visible(text: str) -> str:
    if not any(char.isprintable() and not char.isspace() for char in text):
        raise ValueError("The brief is empty. Say in a few sentences what this is about.")
    return text


class BrandVoice(BaseModel):
    """How a brand speaks. A word to avoid may be a phrase; case does not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    voice: str = ""
    audience: str = ""
    words_to_use: list[str] = []
    words_to_avoid: list[str] = []


class PieceRequest(BaseModel):
    """Write one piece: for which channel, out of what. Only the brief must say something.

    `language` is a BCP 47 tag such as `en` or `pt-BR`; `und` where it is not known. `wish` says what should be different
    from `previous`, the fields of the piece that this one is to follow. All of it is untrusted text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: Channel
    brief: Annotated[str, AfterValidator(_require_visible)]
    product: str = ""
    audience: str = ""
    tone: str = ""
    language: str = "en"
    brand: BrandVoice | None = None
    wish: str = ""
    previous: dict[str, Any] | None = None


class Purpose(StrEnum):
    """Why a model was called."""

    DRAFT = "draft"
    REPAIR = "repair"  # the draft broke its shape, a limit or the brand kit


class CallOutcome(StrEnum):
    """How a call of a model ended."""

    OK = "ok"
    UNUSABLE = "unusable"  # not the JSON that was asked for, or over a limit
    TRUNCATED = "truncated"
    REFUSED = "refused"
    THROTTLED = "throttled"
    QUOTA = "quota"
    REJECTED = "rejected"  # key, model or request is wrong
    FAILED = "failed"  # server or network
    STOPPED = "stopped"  # by us: cancelled, or out of time


class CallRecord(BaseModel):
    """One call of a model, for the books. None: the provider did not say, or no price is known; never a made-up 0."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    model_asked: str
    model_answered: str = ""
    prompt_version: str
    purpose: Purpose
    started_at: datetime
    duration_s: float
    outcome: CallOutcome
    http_status: int | None = None
    request_id: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    tokens_reasoning: int | None = None
    cost_micros: int | None = None  # millionths of `currency`
    currency: str = ""


#: Called after each call of a model, from the thread that made it.
OnCall = Callable[[CallRecord], None]


class PieceDraft(BaseModel):
    """A written piece. `made_by` says what made it: `template`, or the name of a model.

    `notes` are a writer's own remarks for the person who reads the piece, in plain words. `prompt_version` names the
    prompt it was made with; empty where there was none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: Channel
    fields: dict[str, Any]
    made_by: str
    notes: list[str] = []
    prompt_version: str = ""

    @property
    def typed_fields(self) -> PieceFields:
        """The fields as the channel's own type."""
        return FIELDS[self.channel].model_validate(self.fields)

    @property
    def warnings(self) -> list[str]:
        """What a person should know before using the piece: soft limits passed, then the writer's notes."""
        return [*check_piece(self.channel, self.fields).warnings, *self.notes]


class TextWriter(Protocol):
    """Writes pieces. Every adapter keeps hard limits, cuts no word, and says truly what made the text.

    Raises only the operational faults of `nightdesk.core.errors`.
    """

    @property
    def name(self) -> str:
        """The name under which settings and rows know this writer."""
        ...

    @property
    def made_by(self) -> str:
        """What its pieces are marked with."""
        ...

    @property
    def at_once(self) -> int:
        """How many pieces it may write side by side, at least 1."""
        ...

    def write(
        self,
        request: PieceRequest,
        *,
        on_progress: OnProgress | None = None,
        on_call: OnCall | None = None,
        deadline_s: float | None = None,
    ) -> PieceDraft:
        """Write one piece within its channel's hard limits, within `deadline_s` seconds; may be called by many threads."""
        ...
