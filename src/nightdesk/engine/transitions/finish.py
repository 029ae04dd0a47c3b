"""The end of a run: one UPDATE fenced by id, token and state. No row found: the run was a zombie's, its write refused."""

import uuid
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import IntegrityError, InterfaceError, OperationalError, connection

from nightdesk.core.redaction import clean_text
from nightdesk.engine import sql
from nightdesk.engine.endings import JobEnd, JobError, has_hooks, tell
from nightdesk.engine.models.job import MAX_MESSAGE_CHARS
from nightdesk.engine.sealing import seal
from nightdesk.engine.states import FINISHED, State
from nightdesk.engine.transitions.claim import CLAIM, Claimed, Claimer, claimed, reclaim
from nightdesk.engine.transitions.family import child_ended

_FENCE: Final = "WHERE id = %s AND token = %s AND state = 'running'"
_SUCCEED: Final = (
    "UPDATE engine_job SET state = 'succeeded', progress = 100, slot = NULL, suspect = {no}, version = version + 1, "
    f"finished_at = {{now}}, result_expires_at = {{later}} {_FENCE}"
)
_STORE_RESULT: Final = "UPDATE engine_jobpayload SET result = %s"


def _succeed(no: str) -> str:
    return _SUCCEED.replace("{no}", no)


_SUCCEED_ALONE: Final = {
    "postgresql": sql.Statement(_succeed("false") + " RETURNING id"),
    "sqlite": sql.Statement(_succeed("0") + " RETURNING id"),
}
_STORE_ALONE: Final = sql.Statement(_STORE_RESULT + " WHERE job_id = %s")
_SUCCEED_AND_STORE: Final = sql.Statement(
    f"WITH done AS ({_succeed('false')} RETURNING id) {_STORE_RESULT} FROM done WHERE job_id = done.id RETURNING job_id"
)
_CHAIN: Final = sql.Statement(
    f"WITH done AS ({_succeed('false')} RETURNING id), "
    f"stored AS ({_STORE_RESULT} FROM done WHERE job_id = done.id AND %s), "
    f"got AS ({CLAIM[False].source}) "
    "SELECT (SELECT count(*) FROM done), got.* FROM (SELECT 1) one LEFT JOIN got ON true"
)
_FINISH: Final = sql.Statement(
    "UPDATE engine_job SET state = %s, progress = CASE WHEN %s = 'succeeded' THEN 100 ELSE progress END, "
    "message = '', slot = NULL, version = version + 1, failures = failures + %s, suspect = (1 = 0), "
    f"finished_at = {{now}}, result_expires_at = {{later}} {_FENCE} "
    "RETURNING kind, subject, owner_id, parent_id, runs, worker, started_at"
)
_PUT_BACK: Final = sql.Statement(
    "UPDATE engine_job SET state = 'waiting', slot = NULL, rung_at = NULL, version = version + 1, progress = 0, "
    "failures = failures + %s, suspect = (1 = 0), "
    f"place = CASE WHEN %s > 0 THEN NULL ELSE 0 END, run_at = {{later}}, message = %s {_FENCE} "
    "AND cancel_requested_at IS NULL "
    "RETURNING runs, worker, started_at"
)
_HOLD: Final = sql.Statement(f"SELECT id FROM engine_job {_FENCE} FOR NO KEY UPDATE")
_CANCELLED: Final = sql.Statement("SELECT 1 FROM engine_job WHERE id = %s AND cancel_requested_at IS NOT NULL")
_STANDING: Final = sql.Statement("SELECT state FROM engine_job WHERE id = %s AND token = %s")
_STORE_END: Final = sql.Statement("UPDATE engine_jobpayload SET result = %s, error = %s WHERE job_id = %s")
_STORE_ERROR: Final = sql.Statement("UPDATE engine_jobpayload SET error = %s WHERE job_id = %s")
_OPEN_EFFECT: Final = sql.Statement("SELECT 1 FROM engine_effect WHERE job_id = %s AND confirmed_at IS NULL LIMIT 1")
_ATTEMPT: Final = sql.Statement(
    "INSERT INTO engine_attempt (job_id, number, worker, started_at, finished_at, outcome, error_class, error, "
    "traceback, log) VALUES (%s, %s, %s, %s, {now}, %s, %s, %s, %s, %s)"
)

#: What an attempt keeps of an error's class, and of its traceback and log lines each.
_TYPE_CHARS: Final = 120
_TEXT_CHARS: Final = 8000

UNKNOWN_OUTCOME: Final = JobError(
    code="outcome_unknown",
    message="It may or may not have reached the other side. Look there, then say whether it was done.",
    type="OutcomeUnknown",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended. `result` is the stored text, `sensitive` that nothing of the error may be readable at rest.

    `spends_try`: whether a failure that is tried again counts among those that the kind allows.
    """

    state: State
    result: str | None = None
    error: JobError | None = None
    sensitive: bool = False
    failed: bool = False
    spends_try: bool = True
    outcome: str = ""
    traceback: str = ""
    log: str = ""
    delay_s: float = 0.0
    result_ttl_s: float | None = None

    @property
    def stored_error(self) -> str | None:
        """The error as the payload holds it."""
        if self.error is None:
            return None
        return seal(self.error.to_json()) if self.sensitive else self.error.to_json()

    @property
    def plain(self) -> bool:
        """Whether it is a success that needs no more than the row and its result."""
        return self.state == State.SUCCEEDED and not self.log


def finish(run: Claimed, ending: Ending) -> bool:
    """Write the end of a run (a final state, or waiting again); False: no longer ours. Waits for a lost database."""
    write = _short_success if _is_short(run, ending) else _write_ending
    return _surely(run, lambda: write(run, ending))


def hold(run: Claimed) -> bool:
    """Lock the row of a run for the rest of the transaction; False: no longer ours.

    Every ending locks the job first and what hangs on it afterwards, so whoever writes that before its own ending takes
    this lock first, or the two wait for each other. SQLite locks no rows: whoever writes holds everything.
    """
    return sql.is_sqlite() or bool(sql.fetch(_HOLD, [run.id, run.token]))


def finish_and_claim(run: Claimed, ending: Ending, who: Claimer, token: uuid.UUID) -> tuple[bool, Claimed | None]:
    """Finish one run and take the next due row of the line in one transaction: one commit a job.

    After an error `settle` tells what happened.
    """
    if not _is_short(run, ending) or who.limited:
        raise ValueError("only a plain success of an unlimited kind can be chained")
    ended = [ending.result_ttl_s, run.id, run.token]
    if sql.is_sqlite():
        with sql.writing():
            done = _short_success(run, ending)
            row = sql.fetch_one(CLAIM[False], who.params(token))
        return done, claimed(row, token) if row else None
    try:
        got = sql.fetch(_CHAIN, [*ended, ending.result, ending.result is not None, *who.params(token)])[0]
    except IntegrityError:  # a suspect that another thread has just taken: the finish must not be lost with the claim
        return finish(run, ending), None
    return bool(got[0]), claimed(got[1:], token) if got[1] is not None else None


def settle(run: Claimed, ending: Ending, token: uuid.UUID) -> tuple[bool, Claimed | None]:
    """After `finish_and_claim` lost its connection: finish if needed, and find out whether the next row was taken."""
    sql.drop_connection()
    done = sql.patiently(lambda: already_ended(run) or _short_success(run, ending))
    return done, sql.patiently(lambda: reclaim(token))


def give_back(run: Claimed, *, why: str) -> bool:
    """Release a run that never should have been lost (a stopped worker): waiting again at the front, nothing counted."""
    return finish(run, Ending(state=State.WAITING, outcome="released", error=JobError(code="released", message=why)))


def already_ended(run: Claimed) -> bool:
    """Whether our own write was committed before its answer was lost: a rescue would have changed the token."""
    row = sql.fetch_one(_STANDING, [run.id, run.token])
    return row is not None and row[0] != State.RUNNING


def chainable(run: Claimed, ending: Ending) -> bool:
    """Whether this ending may be written together with the next claim."""
    return _is_short(run, ending)


def _is_short(run: Claimed, ending: Ending) -> bool:
    return ending.plain and run.runs == 1 and run.parent_id is None and not has_hooks(run.kind)


def _surely(run: Claimed, write: "Any") -> bool:
    try:
        return bool(write())
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        sql.drop_connection()
    return bool(sql.patiently(lambda: already_ended(run) or write()))


def _short_success(run: Claimed, ending: Ending) -> bool:
    ended: list[Any] = [ending.result_ttl_s, run.id, run.token]
    if ending.result is None:
        with sql.single():
            return bool(sql.fetch(_SUCCEED_ALONE[connection.vendor], ended))
    if not sql.is_sqlite():
        return bool(sql.fetch(_SUCCEED_AND_STORE, [*ended, ending.result]))
    with sql.writing():
        done = bool(sql.fetch(_SUCCEED_ALONE["sqlite"], ended))
        if done:
            sql.fetch(_STORE_ALONE, [ending.result, run.id])
    return done


def _write_ending(run: Claimed, ending: Ending) -> bool:
    with sql.writing():
        ending = _corrected(run, ending)
        if ending.state == State.WAITING:
            return _put_back(run, ending)
        row = sql.fetch_one(
            _FINISH,
            [ending.state, ending.state, int(ending.failed), ending.result_ttl_s, run.id, run.token],
        )
        if row is None:
            return False
        sql.fetch(_STORE_END, [ending.result, ending.stored_error, run.id])
        if run.runs > 1 or ending.state != State.SUCCEEDED:
            _note_attempt(run, ending, number=row[4], worker=row[5], started_at=row[6])
        close(run.id, ending.state, ending.error, kind=row[0], subject=row[1], owner_id=row[2], parent_id=row[3])
    return True


def close(
    job_id: uuid.UUID,
    state: str,
    error: JobError | None,
    *,
    kind: str,
    subject: str,
    owner_id: int | None,
    parent_id: Any,
) -> None:
    """Tell the app and the parent of a final state, in the transaction that wrote it."""
    if state not in FINISHED:
        raise ValueError(f"{state} is not final")
    if has_hooks(kind):
        tell(JobEnd(job_id=job_id, kind=kind, state=state, subject=subject, owner_id=owner_id, error=error))
    if parent_id:
        child_ended(parent_id=sql.as_uuid(parent_id))


def _corrected(run: Claimed, ending: Ending) -> Ending:
    """A cancelled job is not run again, and nothing ends while an effect outside is unconfirmed."""
    if ending.state == State.WAITING and sql.fetch_one(_CANCELLED, [run.id]):
        ending = replace(ending, state=State.CANCELLED, outcome="cancelled", failed=False)
    open_effect = ending.state in (State.FAILED, State.CANCELLED) and sql.fetch_one(_OPEN_EFFECT, [run.id])
    if open_effect:
        return replace(ending, state=State.UNKNOWN, error=UNKNOWN_OUTCOME, outcome="unknown", failed=False)
    return ending


def _put_back(run: Claimed, ending: Ending) -> bool:
    message = ending.error.message if ending.error and ending.failed and not ending.sensitive else ""
    row = sql.fetch_one(
        _PUT_BACK,
        [
            int(ending.failed and ending.spends_try),
            ending.delay_s,
            ending.delay_s,
            clean_text(message)[:MAX_MESSAGE_CHARS],
            run.id,
            run.token,
        ],
    )
    if row is None:  # no longer ours, or cancelled since we looked
        ending = _corrected(run, ending)
        return ending.state != State.WAITING and _write_ending(run, ending)
    if ending.error:
        sql.fetch(_STORE_ERROR, [ending.stored_error, run.id])
    _note_attempt(run, ending, number=row[0], worker=row[1], started_at=row[2])
    return True


def _note_attempt(run: Claimed, ending: Ending, *, number: int, worker: Any, started_at: Any) -> None:
    error = ending.error or JobError(code="", message="")
    note_attempt(
        run.id,
        number=number,
        worker=worker,
        started_at=started_at,
        outcome=ending.outcome or ending.state,
        error=JobError(code=error.code, message="" if ending.sensitive else error.message, type=error.type),
        traceback="" if ending.sensitive else ending.traceback,
        log="" if ending.sensitive else ending.log,
    )


def note_attempt(
    job_id: uuid.UUID,
    *,
    number: int,
    worker: Any,
    started_at: Any,
    outcome: str,
    error: JobError,
    traceback: str = "",
    log: str = "",
) -> None:
    """Write the row of one ended run, in the transaction that ended it."""
    name = str(sql.as_uuid(worker)) if worker else ""
    said = [error.type[:_TYPE_CHARS], error.message, traceback[-_TEXT_CHARS:], log[-_TEXT_CHARS:]]
    sql.fetch(_ATTEMPT, [job_id, number, name, started_at, outcome, *map(clean_text, said)])
