"""Steps and effects: parts of a run whose result outlives it."""

import json
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from nightdesk.core.errors import NightdeskError, OutcomeUnknown, Transient
from nightdesk.engine import connections, sql
from nightdesk.engine.interrupts import FencedOff
from nightdesk.engine.sealing import seal, sealing_key, unseal
from nightdesk.engine.side_by_side import do_side_by_side

T = TypeVar("T")

# A new step is progress: deaths before it no longer count. The write also locks the row until the step is stored.
_FENCE: Final = sql.Statement(
    "UPDATE engine_job SET crashes = 0, suspect = (1 = 0) WHERE id = %s AND token = %s AND state = 'running' "
    "RETURNING id"
)
_FIND_STEP: Final = sql.Statement("SELECT result FROM engine_jobstep WHERE job_id = %s AND name = %s")
_FIND_STEPS: Final = sql.Statement("SELECT name, result FROM engine_jobstep WHERE job_id = %s")
_STORE_STEP: Final = sql.Statement(
    "INSERT INTO engine_jobstep (job_id, name, result, key_id, cost_micros, finished_at) "
    "VALUES (%s, %s, %s, %s, %s, {now})"
)
_CONFIRMED: Final = sql.Statement("SELECT result FROM engine_effect WHERE key = %s AND confirmed_at IS NOT NULL")
_INTEND: Final = sql.Statement(
    "INSERT INTO engine_effect (key, job_id, intended_at) VALUES (%s, %s, {now}) ON CONFLICT DO NOTHING RETURNING key"
)
# An open intent is ours to settle if it is our own of an earlier run, or of a job that will not settle it itself.
_TAKE_OVER: Final = sql.Statement(
    "UPDATE engine_effect SET job_id = %s WHERE key = %s AND confirmed_at IS NULL AND (job_id = %s OR NOT EXISTS "
    "(SELECT 1 FROM engine_job o WHERE o.id = engine_effect.job_id "
    "AND o.state IN ('waiting', 'running', 'waiting_children'))) RETURNING key"
)
_CONFIRM: Final = sql.Statement("UPDATE engine_effect SET confirmed_at = {now}, result = %s WHERE key = %s")
_WITHDRAW: Final = sql.Statement("DELETE FROM engine_effect WHERE key = %s AND confirmed_at IS NULL")


class NotThere(Exception):
    """`find` looked and is certain that the effect did not happen."""


def run_step(
    job_id: uuid.UUID,
    token: uuid.UUID,
    name: str,
    work: Callable[[], T],
    *,
    save: Callable[[T], None] | None,
    cost_micros: Callable[[T], int | None] | None,
    sensitive: bool,
) -> T:
    """Return the stored result of a step, or do it and store it; see `Run.step`."""
    found = sql.patiently(lambda: sql.fetch_one(_FIND_STEP, [job_id, name]))
    if found:
        return json.loads(unseal(found[0]))  # type: ignore[no-any-return]
    connections.release()
    return _store(job_id, token, name, work(), save=save, cost_micros=cost_micros, sensitive=sensitive)


def run_steps(
    job_id: uuid.UUID,
    token: uuid.UUID,
    works: Mapping[str, Callable[[], T]],
    *,
    at_once: int,
    check: Callable[[], None],
    save: Callable[[str, T], None] | None,
    cost_micros: Callable[[T], int | None] | None,
    meanwhile: Callable[[], None],
    sensitive: bool,
) -> dict[str, T]:
    """Return the stored results of steps, and do and store the missing ones side by side; see `Run.steps`."""
    found = sql.patiently(lambda: sql.fetch(_FIND_STEPS, [job_id]))
    results: dict[str, T] = {name: json.loads(unseal(result)) for name, result in found if name in works}

    def keep(name: str, value: T) -> None:
        results[name] = _store(
            job_id,
            token,
            name,
            value,
            save=partial(save, name) if save else None,
            cost_micros=cost_micros,
            sensitive=sensitive,
        )

    missing = {name: work for name, work in works.items() if name not in results}
    do_side_by_side(missing, at_once=at_once, check=check, keep=keep, meanwhile=meanwhile)
    return {name: results[name] for name in works}


def _store(
    job_id: uuid.UUID,
    token: uuid.UUID,
    name: str,
    value: T,
    *,
    save: Callable[[T], None] | None,
    cost_micros: Callable[[T], int | None] | None,
    sensitive: bool,
) -> T:
    """Store what a step brought, in one transaction with `save`, behind the fence; return it as JSON reads it.

    Raises:
        FencedOff: the run is no longer ours; nothing was stored.
    """
    text = json.dumps(value, allow_nan=False)
    stored = seal(text) if sensitive else text
    cost = cost_micros(value) if cost_micros else None

    def store() -> None:
        with sql.writing():
            if not sql.fetch_one(_FENCE, [job_id, token]):
                raise FencedOff
            if sql.fetch_one(_FIND_STEP, [job_id, name]):
                return  # a commit of ours whose answer was lost
            sql.fetch(_STORE_STEP, [job_id, name, stored, sealing_key(stored), cost])
            if save:
                save(value)

    sql.patiently(store)
    return json.loads(text)  # type: ignore[no-any-return]


def run_effect(
    job_id: uuid.UUID,
    token: uuid.UUID,
    key: str,
    call: Callable[[], Any],
    find: Callable[[], Any] | None,
    *,
    sensitive: bool,
) -> Any:
    """Do something outside at most once; see `Run.effect`."""
    if done := sql.patiently(lambda: sql.fetch_one(_CONFIRMED, [key])):
        return json.loads(unseal(done[0]))
    if sql.patiently(lambda: _intend(job_id, token, key)):
        value = _attempt(key, call, find)
    else:
        try:
            value = _look(find)
        except NotThere:
            sql.patiently(lambda: _intend(job_id, token, key))  # `find` took its time: are we still the one?
            value = _attempt(key, call, find)
    return _confirm(key, value, sensitive=sensitive)


def confirmed(key: str) -> tuple[Any] | None:
    """Return what a confirmed effect brought, in a tuple; None: it is not confirmed, by any job."""
    done = sql.fetch_one(_CONFIRMED, [key])
    return (json.loads(unseal(done[0])),) if done else None


def _attempt(key: str, call: Callable[[], Any], find: Callable[[], Any] | None) -> Any:
    connections.release()
    try:
        return call()
    except OutcomeUnknown as exc:
        return _look_after(exc, key, find)
    except NightdeskError:  # the adapter's word that nothing happened
        _withdraw(key)
        raise
    except Exception as exc:  # noqa: BLE001 (whatever broke, the call may have arrived)
        return _look_after(exc, key, find)


def _look_after(failure: Exception, key: str, find: Callable[[], Any] | None) -> Any:
    try:
        return _look(find)
    except NotThere:
        _withdraw(key)
        raise Transient from failure


def _look(find: Callable[[], Any] | None) -> Any:
    """Ask the other side how an unconfirmed call ended.

    Raises:
        NotThere: it certainly did not happen.
        OutcomeUnknown: nobody can say.
        Transient: the other side could not be asked now; the intent stays open, and the next run asks again.
    """
    if find is None:
        raise OutcomeUnknown
    connections.release()
    try:
        return find()
    except (NotThere, OutcomeUnknown, Transient):
        raise
    except Exception as exc:
        raise OutcomeUnknown from exc


def _intend(job_id: uuid.UUID, token: uuid.UUID, key: str) -> bool:
    """Commit the intent; False: there is one already, whose call may have arrived.

    Raises:
        FencedOff: the run is no longer ours.
        Transient: another job is at it.
    """
    with sql.writing():
        if not sql.fetch_one(_FENCE, [job_id, token]):
            raise FencedOff
        if sql.fetch(_INTEND, [key, job_id]):
            return True
        if sql.fetch(_TAKE_OVER, [job_id, key, job_id]):
            return False
    raise Transient("Another job is doing the same just now. It will be looked at again when that one is done.")


def _confirm(key: str, value: Any, *, sensitive: bool) -> Any:
    text = json.dumps(value, allow_nan=False)
    stored = seal(text) if sensitive else text
    sql.patiently(lambda: sql.fetch(_CONFIRM, [stored, key]))
    return json.loads(text)


def _withdraw(key: str) -> None:
    sql.patiently(lambda: sql.fetch(_WITHDRAW, [key]))
