"""Why a job waits: each gate of the claim, asked one by one with the claim's own predicates."""

from dataclasses import dataclass
from typing import Final

from nightdesk.engine import sql
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.models import Job
from nightdesk.engine.states import State
from nightdesk.engine.transitions import workers
from nightdesk.engine.transitions.claim import GATES, LIMIT_GATES

_CLOSED: Final = {
    "due": "It is to start later.",
    "in time": "The time by which it had to start is over.",
    "not paused": "Its queue is paused.",
    "free slot": "As many of its kind as may run at once are running.",
    "rate": "It waits for its turn under a rate limit.",
    "worker": "No running worker serves its queue and knows its kind. Start one.",
    "version": "The running workers are older than this job. Update them.",
}
_OPEN: Final = {
    "due": "Its time has come.",
    "in time": "It may still start.",
    "not paused": "Its queue is on.",
    "free slot": "Its limit leaves room.",
    "rate": "Its rate limit leaves room.",
    "worker": "A running worker serves it.",
    "version": "The running workers are new enough.",
}
_GATES: Final = {
    name: sql.Statement(f"SELECT ({text}) FROM engine_job j WHERE j.id = %s")
    for name, text in {**GATES, **LIMIT_GATES}.items()
}
_AHEAD: Final = sql.Statement(
    "SELECT count(*) FROM (SELECT 1 FROM engine_job o, engine_job j WHERE j.id = %s AND o.state = 'waiting' "
    "AND o.place IS NOT NULL AND o.queue = j.queue AND o.kind = j.kind AND o.id <> j.id "
    "AND (o.priority > j.priority OR (o.priority = j.priority AND (o.place < j.place "
    "OR (o.place = j.place AND o.run_at < j.run_at)))) LIMIT 10000) ahead"
)


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of the claim: whether it lets the job pass, in words."""

    name: str
    passed: bool
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All gates of a waiting job, and its place in line (1: next; None: not in line). Empty when it does not wait."""

    gates: tuple[Gate, ...]
    place_in_line: int | None

    @property
    def reason(self) -> str:
        """The first closed gate in words; else its place in line."""
        for gate in self.gates:
            if not gate.passed:
                return gate.words
        if self.place_in_line is None:
            return ""
        return "It is next in line." if self.place_in_line == 1 else f"It is number {self.place_in_line} in line."


def explain(job: Job) -> Explanation:
    """Ask each gate of the claim about a waiting job."""
    if job.state != State.WAITING:
        return Explanation((), None)
    kind = KINDS.get(job.kind)
    names = [*GATES, *(LIMIT_GATES if kind is not None and kind.limited else ())]
    gates = [_gate(name, bool((sql.fetch_one(_GATES[name], [job.pk]) or [False])[0])) for name in names]
    serving = workers.served().get(job.queue)
    version = serving.kinds.get(job.kind) if serving and serving.slots > 0 else None
    gates.append(_gate("worker", version is not None))
    if version is not None:
        gates.append(_gate("version", version >= job.kind_version))
    place = None
    if job.place is not None:
        ahead = sql.fetch_one(_AHEAD, [job.pk])
        place = int(ahead[0]) + 1 if ahead else None
    return Explanation(tuple(gates), place)


def waiting_reason(job: Job) -> str:
    """Say in one plain sentence why a job waits; "" when it does not."""
    return explain(job).reason


def _gate(name: str, passed: bool) -> Gate:
    return Gate(name, passed, (_OPEN if passed else _CLOSED)[name])
