"""What a reader of the live feed asks for, and what of it they may see."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.feed import JobEvent
from nightdesk.httpkit.actors import Actor

#: All tabs of a browser share one stream; more topics than this are no page of ours.
MAX_TOPICS: Final = 200
_JOB: Final = "job:"
_MINE: Final = "me"

Wants = Callable[[JobEvent], bool]


@dataclass(frozen=True, slots=True)
class Topics:
    """Which jobs: one's own (`me`), those about a thing (`campaign:42`) or a kind of thing (`campaign`), or `job:<id>`."""

    mine: bool
    subjects: frozenset[str]
    jobs: frozenset[UUID]

    @classmethod
    def read(cls, text: str) -> "Topics":
        """Read topics with commas between them; none means one's own jobs.

        Raises:
            InvalidInput: too many, or a job's id that is none.
        """
        words = [word for word in (part.strip() for part in text.split(",")) if word] or [_MINE]
        if len(words) > MAX_TOPICS:
            raise InvalidInput(f"Ask for at most {MAX_TOPICS} topics at once.")
        try:
            jobs = frozenset(UUID(word.removeprefix(_JOB)) for word in words if word.startswith(_JOB))
        except ValueError:
            raise InvalidInput("A topic like job:<id> needs the id of a job.") from None
        subjects = frozenset(word for word in words if word != _MINE and not word.startswith(_JOB))
        return cls(_MINE in words, subjects, jobs)

    def match(self, event: JobEvent, user_id: int) -> bool:
        """Whether this reader asked for the event's job."""
        return (
            event.subject in self.subjects
            or event.subject.partition(":")[0] in self.subjects
            or (self.mine and event.owner_id == user_id)
            or event.job_id in self.jobs
        )


def build_filter(actor: Actor, topics: Topics) -> Wants:
    """Build the test that lets through what this reader asked for and may see."""

    def wants(event: JobEvent) -> bool:
        return topics.match(event, actor.user_id) and _may_see(actor, event)

    return wants


def _may_see(actor: Actor, event: JobEvent) -> bool:
    if actor.operator or event.owner_id == actor.user_id:
        return True
    kind = KINDS.get(event.kind)
    return kind is None or not kind.private
