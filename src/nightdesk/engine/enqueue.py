"""Accepting work: a row in the caller's transaction, a ring once it is committed."""

import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import transaction

from nightdesk.core.ids import new_job_id
from nightdesk.core.redaction import clean_text
from nightdesk.engine import fair, ringer, sql
from nightdesk.engine.arguments import ARGUMENTS, KINDS, JobArgs, Kind
from nightdesk.engine.payloads import write_arguments
from nightdesk.engine.ringer import Ring
from nightdesk.engine.sealing import sealing_key
from nightdesk.engine.transitions.insert import NewJob, insert_unique

A = TypeVar("A", bound=JobArgs)

#: How often this process reads the windows that the sweeper keeps.
_WINDOWS_FRESH_S: Final = 2.0
_WINDOWS: Final = sql.Statement('SELECT name, "window" FROM engine_queue')
_ENSURE_LIMIT: Final = sql.Statement(
    "INSERT INTO engine_limit (key, slots, interval_s) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
)
_windows_read_at = -_WINDOWS_FRESH_S
#: As the columns of `Job` have it.
_MOST_CHARS: Final = {"subject": 80, "unique_key": 200, "limit_key": 120, "queue": 50}


class UnknownKind(LookupError):
    """No handler or arguments of this name are known in this process."""


def enqueue(
    args: JobArgs,
    *,
    owner_id: int | None = None,
    subject: str = "",
    priority: int | None = None,
    queue: str | None = None,
    run_at: datetime | None = None,
    delay_s: float = 0.0,
    start_before: datetime | None = None,
    unique_key: str | None = None,
    limit_key: str | None = None,
    job_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Accept a job in the caller's transaction and ring once it commits; return its id.

    A roll-back leaves neither row nor ring; a broker that is down neither fails nor slows this. While an unfinished job
    holds `unique_key`, that job's id is returned instead. `limit_key` shares the kind's limit or rate among the jobs
    that give the same key (one provider's account, say). Without `queue` the kind's route chooses, else the kind.

    Raises:
        InvalidInput: arguments over 64 KB.
        ValueError: a priority outside 0 to 9, a `limit_key` for a kind without limit, a key too long.
        Conflict: a job with this id exists.
    """
    return enqueue_named(
        args.kind.name,
        [],
        args.model_dump(mode="json"),
        owner_id=owner_id,
        subject=subject,
        priority=priority,
        queue=queue,
        run_at=run_at,
        delay_s=delay_s,
        start_before=start_before,
        unique_key=unique_key,
        limit_key=limit_key,
        job_id=job_id,
    )


def enqueue_named(
    name: str,
    args: list[Any],
    kwargs: dict[str, Any],
    *,
    owner_id: int | None = None,
    subject: str = "",
    priority: int | None = None,
    queue: str | None = None,
    run_at: datetime | None = None,
    delay_s: float = 0.0,
    start_before: datetime | None = None,
    unique_key: str | None = None,
    limit_key: str | None = None,
    job_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Accept a job of a kind by its name; typed kinds have their arguments checked here. See `enqueue`.

    Raises:
        UnknownKind: no such kind in this process.
        pydantic.ValidationError, TypeError: arguments that do not fit the kind.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise UnknownKind(f"There is no job kind {name!r} here. Known: {', '.join(sorted(KINDS)) or 'none'}.")
    if arguments := ARGUMENTS.get(name):
        args, kwargs = [], arguments.from_call(tuple(args), kwargs).model_dump(mode="json")
    job = build(
        kind,
        args,
        kwargs,
        owner_id=owner_id,
        subject=subject,
        priority=kind.priority if priority is None else priority,
        queue=queue or _route(kind, kwargs),
        run_at=run_at,
        delay_s=max(0.0, delay_s),
        start_before=start_before,
        unique_key=unique_key,
        limit_key=limit_key,
        job_id=job_id,
    )
    found, new = insert_unique(job)
    if new and job.rung:
        ring = Ring(found, kind.name, job.queue, 1)
        transaction.on_commit(lambda: ringer.current().ring_soon(ring), robust=True)
    return found


def routes(arguments: type[A]) -> Callable[[Callable[[A], str | None]], Callable[[A], str | None]]:
    """Register a function that chooses the queue of a kind's jobs by their arguments; None: the kind's own.

    It is asked once, when the job is accepted, and what it raises refuses the job.
    """

    def register(route: Callable[[A], str | None]) -> Callable[[A], str | None]:
        _routes[arguments.kind.name] = route
        return route

    return register


def is_routed(kind: str) -> bool:
    """Whether the arguments of this kind's jobs say where they wait."""
    return kind in _routes


_routes: Final[dict[str, Callable[[Any], str | None]]] = {}


def _route(kind: Kind, kwargs: dict[str, Any]) -> str:
    route = _routes.get(kind.name)
    return (route and route(ARGUMENTS[kind.name].model_validate(kwargs))) or kind.queue


def build(
    kind: Kind,
    args: list[Any],
    kwargs: dict[str, Any],
    *,
    owner_id: int | None,
    subject: str,
    priority: int,
    queue: str,
    run_at: datetime | None = None,
    delay_s: float = 0.0,
    start_before: datetime | None = None,
    unique_key: str | None = None,
    limit_key: str | None = None,
    job_id: uuid.UUID | None = None,
    parent_id: uuid.UUID | None = None,
) -> NewJob:
    """Make the row of a job, with its place in line; nothing is written but the row of a new limit key.

    Raises:
        InvalidInput, ValueError: see `enqueue`.
    """
    if not 0 <= priority <= 9:
        raise ValueError(f"priority {priority} is not within 0 to 9")
    _check_lengths(subject=subject, unique_key=unique_key, limit_key=limit_key, queue=queue)
    if limit_key is not None and not kind.limited:
        raise ValueError(f"{kind.name} has neither limit nor rate, so a limit key means nothing for it")
    text = write_arguments(args, kwargs, kind)
    now = run_at is None and delay_s <= 0
    key = _limit_key(kind, limit_key)
    _read_windows()
    place = fair.places.next(queue=queue, kind=kind.name, priority=priority, owner_id=owner_id) if now else None
    return NewJob(
        id=job_id or new_job_id(),
        kind=kind.name,
        kind_version=kind.version,
        queue=queue,
        priority=priority,
        arguments=text,
        key_id=sealing_key(text),
        run_at=run_at,
        delay_s=delay_s,
        start_before=start_before,
        place=place,
        rung=now and key is None and ringer.current().has_room(queue),
        limit_key=key,
        owner_id=owner_id,
        subject=subject,
        unique_key=unique_key,
        parent_id=parent_id,
    )


def _check_lengths(**texts: str | None) -> None:
    """Refuse what no column can hold, before a transaction is spoilt by it."""
    for name, text in texts.items():
        most = _MOST_CHARS[name]
        if text is not None and (len(text) > most or clean_text(text) != text):
            raise ValueError(f"{name} must be at most {most} plain characters, not {text[:100]!r}")


def _limit_key(kind: Kind, given: str | None) -> str | None:
    if not kind.limited:
        return None
    key = given or f"kind:{kind.name}"
    if key not in _known_limits:
        sql.fetch(_ENSURE_LIMIT, [key, kind.limit, kind.interval_s])
        transaction.on_commit(lambda: _known_limits.add(key))
    return key


_known_limits: set[str] = set()


def _read_windows() -> None:
    global _windows_read_at
    if time.monotonic() - _windows_read_at > _WINDOWS_FRESH_S:
        _windows_read_at = time.monotonic()
        ringer.current().windows = dict(sql.fetch(_WINDOWS))
