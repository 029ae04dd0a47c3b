"""Steps and effects: parts of a run whose result outlives it."""

import json
import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar

from nightdesk.core.errors import NightdeskError, OutcomeUnknown, Transient
from nightdesk.engine import sql
from nightdesk.engine.interrupts import FencedOff
from nightdesk.engine.sealing import seal, sealing_key, unseal

T = TypeVar("T")

# A new step is progress: deaths before it no longer count. The write also locks the row until the step is stored.
_FENCE: Final = sql.Statement(
    "UPDATE engine_job SET crashes = 0, suspect = (1 = 0) WHERE id = %s AND token = %s AND state = 'running' "
    "RETURNING id"
)
_FIND_STEP: Final = sql.Statement("SELECT result FROM engine_jobstep WHERE job_id = %s AND name = %s")
_STORE_STEP: Final = sql.Statement(
    "INSERT INTO engine_jobstep (job_id, name, result, key_id, cost_micros, finished_at) "
    "VALUES (%s, %s, %s, %s, %s, {now})"
)
_FIND_EFFECT: Final = sql.Statement("SELECT job_id, confirmed_at IS NOT NULL, result FROM engine_effect WHERE key = %s")
_INTEND: Final = sql.Statement(
    "INSERT INTO engine_effect (key, job_id, intended_at) VALUES (%s, %s, {now}) ON CONFLICT DO NOTHING RETURNING key"
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
    value = work()
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
    job_id: uuid.UUID, token: uuid.UUID, key: str, call: Callable[[], Any], find: Callable[[], Any] | None
) -> Any:
    """Do something outside at most once; see `Run.effect`."""
    known = sql.patiently(lambda: sql.fetch_one(_FIND_EFFECT, [key]))
    if known and known[1]:
        return json.loads(known[2])
    if known:
        try:
            return _confirm(key, _look(find))
        except NotThere:
            return _attempt(key, call, find)
    sql.patiently(lambda: _intend(job_id, token, key))
    return _attempt(key, call, find)


def _attempt(key: str, call: Callable[[], Any], find: Callable[[], Any] | None) -> Any:
    try:
        value = call()
    except OutcomeUnknown as exc:
        value = _look_after(exc, key, find)
    except NightdeskError:  # the adapter's word that nothing happened
        _withdraw(key)
        raise
    except Exception as exc:  # noqa: BLE001 (whatever broke, the call may have arrived)
        value = _look_after(exc, key, find)
    return _confirm(key, value)


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
    """
    if find is None:
        raise OutcomeUnknown
    try:
        return find()
    except (NotThere, OutcomeUnknown):
        raise
    except Exception as exc:
        raise OutcomeUnknown from exc


def _intend(job_id: uuid.UUID, token: uuid.UUID, key: str) -> None:
    with sql.writing():
        if not sql.fetch_one(_FENCE, [job_id, token]):
            raise FencedOff
        sql.fetch(_INTEND, [key, job_id])


def _confirm(key: str, value: Any) -> Any:
    text = json.dumps(value, allow_nan=False)
    sql.patiently(lambda: sql.fetch(_CONFIRM, [text, key]))
    return json.loads(text)


def _withdraw(key: str) -> None:
    sql.patiently(lambda: sql.fetch(_WITHDRAW, [key]))
