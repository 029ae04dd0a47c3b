"""The states of a job and the moves between them: the one table from which the diagram in the docs is drawn."""

from typing import Final

from django.db.models import TextChoices


class State(TextChoices):
    """Where a job stands. The first three are unfinished; `unknown` waits for a person's decision."""

    WAITING = "waiting"
    RUNNING = "running"
    WAITING_CHILDREN = "waiting_children"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


UNFINISHED: Final = frozenset({State.WAITING, State.RUNNING, State.WAITING_CHILDREN})
FINISHED: Final = frozenset(State) - UNFINISHED

#: (from, to) -> why. Every write in `transitions` is one of these.
TRANSITIONS: Final[dict[tuple[State, State], str]] = {
    (State.WAITING, State.RUNNING): "claim",
    (State.RUNNING, State.SUCCEEDED): "success",
    (State.RUNNING, State.FAILED): "failure, or quarantine after three deaths",
    (State.RUNNING, State.CANCELLED): "cancel seen by the run, or a rescue of a cancelled job",
    (State.RUNNING, State.UNKNOWN): "an effect outside whose outcome cannot be known",
    (State.RUNNING, State.WAITING): "retry, rescue or release",
    (State.RUNNING, State.WAITING_CHILDREN): "children spawned",
    (State.WAITING_CHILDREN, State.WAITING): "last child ended",
    (State.WAITING_CHILDREN, State.CANCELLED): "cancel",
    (State.WAITING, State.CANCELLED): "cancel",
    (State.WAITING, State.UNKNOWN): "cancel while an effect outside is unconfirmed",
    (State.WAITING_CHILDREN, State.UNKNOWN): "cancel while an effect outside is unconfirmed",
    (State.WAITING, State.EXPIRED): "not started before its time",
    (State.UNKNOWN, State.SUCCEEDED): "a person says it was done",
    (State.UNKNOWN, State.FAILED): "a person says it was not done, leave it",
    (State.UNKNOWN, State.WAITING): "a person says it was not done, do it again",
    (State.FAILED, State.WAITING): "a person's retry",
    (State.CANCELLED, State.WAITING): "a person's retry",
    (State.EXPIRED, State.WAITING): "a person's retry",
}

#: What Celery's `AsyncResult.status` reads; a waiting job that has run before reads RETRY.
CELERY_STATUS: Final[dict[State, str]] = {
    State.WAITING: "PENDING",
    State.RUNNING: "STARTED",
    State.WAITING_CHILDREN: "STARTED",
    State.SUCCEEDED: "SUCCESS",
    State.FAILED: "FAILURE",
    State.UNKNOWN: "FAILURE",
    State.CANCELLED: "REVOKED",
    State.EXPIRED: "REVOKED",
}


def celery_status(state: str, runs: int) -> str:
    """Say a job's state in Celery's words: PENDING STARTED RETRY SUCCESS FAILURE REVOKED."""
    if state == State.WAITING and runs:
        return "RETRY"
    return CELERY_STATUS[State(state)]


def task_status(state: str) -> str:
    """Say a job's state in the words of the task endpoints: PENDING PROCESSING SUCCESS FAILURE REVOKED."""
    word = CELERY_STATUS[State(state)]
    return "PROCESSING" if word == "STARTED" else word


def mermaid() -> str:
    """Draw the table above as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> waiting: enqueue"]
    lines += [f"    {old.value} --> {new.value}: {why}" for (old, new), why in TRANSITIONS.items()]
    return "\n".join(lines)
