"""What an app does when one of its jobs ends: called in the transaction of the ending, whoever caused it."""

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from nightdesk.core.redaction import clean_text
from nightdesk.engine.arguments import JobArgs

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job did not succeed. `message` is for people: what happened and what to do. `type` is the class's name."""

    code: str
    message: str
    type: str = ""

    def to_json(self) -> str:
        """Write as the JSON that `JobPayload.error` holds."""
        return json.dumps({"code": self.code, "message": clean_text(self.message), "type": clean_text(self.type)})

    @classmethod
    def from_json(cls, text: str) -> "JobError":
        """Read what `to_json` wrote."""
        read = json.loads(text)
        return cls(code=read["code"], message=read["message"], type=read.get("type", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """A job that has just reached a final state, in the transaction that moved it there."""

    job_id: uuid.UUID
    kind: str
    state: str
    subject: str
    owner_id: int | None
    error: JobError | None


Hook = Callable[[JobEnd], None]
_hooks: Final[dict[str, list[Hook]]] = {}
_hooks_of_all: Final[list[Hook]] = []


def when_ended(*kinds: type[JobArgs]) -> Callable[[Hook], Hook]:
    """Register a function for the final states of these kinds. It may only touch the database, and must be repeatable."""

    def register(hook: Hook) -> Hook:
        for arguments in kinds:
            _hooks.setdefault(arguments.kind.name, []).append(hook)
        return hook

    return register


def when_any_ended(hook: Hook) -> Hook:
    """Register a function for the final states of all kinds that have a hook of their own; as `when_ended` otherwise.

    Kinds that nobody else asks about end in one statement, and are not slowed down for this.
    """
    _hooks_of_all.append(hook)
    return hook


def has_hooks(kind: str) -> bool:
    """Whether anybody wants to know of this kind's endings."""
    return kind in _hooks


def tell(end: JobEnd) -> None:
    """Call the hooks of an ending, each in a savepoint: a broken one is logged and never undoes the ending."""
    for hook in (*_hooks.get(end.kind, ()), *_hooks_of_all):
        try:
            with transaction.atomic():
                hook(end)
        except Exception:
            log.exception("an ending's hook failed", extra={"job_id": str(end.job_id), "hook": hook.__qualname__})
