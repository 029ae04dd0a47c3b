"""What a server takes of OpenAI's protocol. Begins with the most, and gives up what the server refuses."""

import functools
import threading
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from nightdesk.providers.text.options import Structure, TextOptions


class Rung(StrEnum):
    """How the shape of the answer is asked for, the firmest first."""

    SCHEMA = "schema"  # json_schema with all limits: what servers with grammars hold a model to
    STRICT = "strict"  # json_schema without lengths: OpenAI's strict mode documents none
    JSON = "json"  # json_object
    PROMPT = "prompt"


class Complaint(StrEnum):
    """What of a request's form a server refused."""

    STRUCTURE = "structure"
    USAGE = "usage"  # stream_options
    LIMIT = "limit"  # the name under which the most tokens of an answer are given


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one request."""

    rung: Rung
    with_usage: bool = True
    limit_field: str = "max_tokens"


_LADDERS: Final[dict[Structure, tuple[Rung, ...]]] = {
    Structure.AUTO: (Rung.SCHEMA, Rung.STRICT, Rung.JSON, Rung.PROMPT),
    Structure.SCHEMA: (Rung.SCHEMA, Rung.STRICT),
    Structure.JSON: (Rung.JSON,),
    Structure.PROMPT: (Rung.PROMPT,),
}
#: OpenAI's reasoning models know only the newer name; most other servers only the older one, or both.
_LIMIT_FIELDS: Final = ("max_tokens", "max_completion_tokens")


class Dialect:
    """What one process has learnt of one server. Many threads may ask and concede at once."""

    def __init__(self, options: TextOptions) -> None:
        """Begin with the most that such a server may take."""
        self._ladder = _LADDERS[options.structure]
        if options.is_openai and Rung.STRICT in self._ladder:
            self._ladder = self._ladder[self._ladder.index(Rung.STRICT) :]
        self._form = Form(self._ladder[0], limit_field=_LIMIT_FIELDS[1 if options.is_openai else 0])
        self._conceded: set[Complaint] = set()
        self._lock = threading.Lock()

    @property
    def form(self) -> Form:
        """The form that the next request should have."""
        return self._form

    def concede(self, refused: Form, complaint: Complaint) -> bool:
        """Give up what was refused; return whether there is another form to ask in.

        Where another thread has learnt it already, nothing more is given up.
        """
        with self._lock:
            if self._form != refused:
                return True
            form = self._give_up(refused, complaint)
            if form is None:
                return False
            self._form = form
            return True

    def _give_up(self, refused: Form, complaint: Complaint) -> Form | None:
        match complaint:
            case Complaint.STRUCTURE:
                below = self._ladder[self._ladder.index(refused.rung) + 1 :]
                return replace(refused, rung=below[0]) if below else None
            case Complaint.USAGE:
                return replace(refused, with_usage=False) if refused.with_usage else None
            case Complaint.LIMIT:
                if complaint in self._conceded:
                    return None
                self._conceded.add(complaint)
                other = _LIMIT_FIELDS[1 - _LIMIT_FIELDS.index(refused.limit_field)]
                return replace(refused, limit_field=other)


def find_dialect(options: TextOptions) -> Dialect:
    """Return what this process knows of a server and model."""
    return _remember(TextOptions(url=options.url, model=options.model, structure=options.structure))


@functools.lru_cache(maxsize=16)
def _remember(options: TextOptions) -> Dialect:
    return Dialect(options)
