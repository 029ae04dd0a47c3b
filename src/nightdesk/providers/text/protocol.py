"""What is asked of a writer, and what it gives back."""

from collections.abc import Callable
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


class PieceRequest(BaseModel):
    """Write one piece: for which channel, out of what. Only the brief must say something.

    `language` is a BCP 47 tag such as `en` or `pt-BR`; `und` where it is not known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: Channel
    brief: Annotated[str, AfterValidator(_require_visible)]
    product: str = ""
    audience: str = ""
    tone: str = ""
    language: str = "en"


class PieceDraft(BaseModel):
    """A written piece. `made_by` says what made it: `template`, or the name of a model.

    `notes` are a writer's own remarks for the person who reads the piece, in plain words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: Channel
    fields: dict[str, Any]
    made_by: str
    notes: list[str] = []

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

    def write(self, request: PieceRequest, *, on_progress: OnProgress | None = None) -> PieceDraft:
        """Write one piece within its channel's hard limits."""
        ...
