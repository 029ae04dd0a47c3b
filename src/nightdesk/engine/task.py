"""The task class: Celery's own conventions, kept in rows.

`delay` and `apply_async` insert a job; a message runs claim, body and fenced finish in one `__call__`; `retry`,
`autoretry_for` and `update_state` end in the row. What Celery would do in messages (chains, etas, expiries) is refused or
mapped, because it publishes before it stores.
"""

import os
import time
import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from celery import Task
from celery.exceptions import Ignore, Retry
from celery.result import AsyncResult
from django.db import InterfaceError, OperationalError

from nightdesk.core.errors import BusinessError
from nightdesk.engine import connections, pulse, ringer, sql, transitions
from nightdesk.engine.arguments import ARGUMENTS, KINDS, JobArgs, Kind, register
from nightdesk.engine.enqueue import enqueue_named
from nightdesk.engine.execution import Refused, announce, perform, write_end
from nightdesk.engine.identity import counters, me
from nightdesk.engine.interrupts import RunInterrupt
from nightdesk.engine.payloads import read_arguments
from nightdesk.engine.ringer import Ring
from nightdesk.engine.run import Run
from nightdesk.engine.transitions.claim import Claimed, Claimer
from nightdesk.engine.transitions.finish import Ending, chainable
from nightdesk.engine.transitions.line import others_wait

_REFUSED: Final = ("link", "link_error", "chord", "chain", "group_id", "group_index", "root_id", "parent_id")
#: One ring may run so many jobs of its line, or for so long: a message costs more than claim and finish together.
CHAIN_JOBS: Final = 50
CHAIN_S: Final = 1.0
#: ... or only for so long while other kinds wait in the same queue: their rings stand behind this one.
CHAIN_IN_COMPANY_S: Final = 0.1
#: On prefork Celery's time limits count from the message, so a chained job may lose CHAIN_S of its limit. A kind with a
#: limit below this is not chained there: it would lose a noticeable part.
CHAIN_LIMIT_S: Final = 30.0
#: A ring that cannot claim so long is dropped: the sweeper rings again.
CLAIM_PATIENCE_S: Final = 60.0


class CanvasRefused(TypeError):
    """Chains, chords, groups and links of durable jobs are not possible: Celery publishes them before it stores."""


class Withheld(Exception):
    """An error of a sensitive job, by the name of its class: Celery logs what it gets, and the words stay with the job."""


class DurableTask(Task):  # type: ignore[misc]
    """A Celery task whose every message is only a doorbell for a row."""

    abstract = True
    Request = "nightdesk.engine.request:DurableRequest"
    acks_late = False
    track_started = False
    ignore_result = True  # the tracer stores nothing: the row is already written
    throws = (BusinessError,)  # what somebody asked for cannot be: told to them, no trouble of whoever reads the logs
    queue: ClassVar[str | None] = None
    arguments: ClassVar[type[JobArgs] | None] = None

    @classmethod
    def on_bound(cls, app: Any) -> None:  # noqa: ARG003 (Celery's signature)
        """Register the kind of a task made by Celery's own decorators; typed kinds are registered already."""
        if cls.name and cls.name not in KINDS and not cls.name.startswith("celery."):
            register(
                Kind(
                    name=cls.name,
                    queue=cls.queue or "default",
                    retries=0,  # as in Celery: only `retry()` and `autoretry_for` try again
                    retry_delay_s=float(cls.default_retry_delay),
                    soft_limit_s=cls.soft_time_limit,
                    hard_limit_s=cls.time_limit,
                    title=(cls.__doc__ or "").strip().partition("\n")[0],
                )
            )

    # ---- asking for it

    def apply_async(
        self,
        args: Any = None,
        kwargs: Any = None,
        task_id: str | None = None,
        producer: Any = None,
        link: Any = None,
        link_error: Any = None,
        shadow: str | None = None,
        **options: Any,
    ) -> AsyncResult:
        """Insert a job and return its `AsyncResult`, whose id is the job's.

        `countdown`, `eta`, `expires`, `queue`, `priority`, `task_id` (a UUID) mean what they mean in Celery; further
        options: `owner_id`, `subject`, `unique_key`, `limit_key`.

        Raises:
            CanvasRefused: a link, chain, chord or group was asked for.
        """
        options |= {"link": link, "link_error": link_error}
        if refused := [name for name in _REFUSED if options.get(name)]:
            raise CanvasRefused(f"{self.name} is durable: {', '.join(refused)} is not possible. Use child jobs.")
        args, kwargs = list(args or ()), dict(kwargs or {})
        if self.typing and self.arguments is None:
            self.__header__(*args, **kwargs)  # wrong arguments fail at the caller, as in Celery
        now = datetime.now(UTC)
        job_id = enqueue_named(
            self.name,
            args,
            kwargs,
            queue=options.get("queue"),
            priority=options.get("priority"),
            run_at=options.get("eta"),
            delay_s=float(options.get("countdown") or 0.0),
            start_before=_moment(options.get("expires"), now),
            owner_id=options.get("owner_id"),
            subject=options.get("subject", ""),
            unique_key=options.get("unique_key"),
            limit_key=options.get("limit_key"),
            job_id=uuid.UUID(task_id) if task_id else None,
        )
        return AsyncResult(str(job_id), app=self.app)

    # ---- doing it

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run a ring's job (from a message), or run in place (called directly)."""
        request = self.request
        # A direct call inside a run of the same task sees the outer request, hence the second test.
        if request.called_directly or request.is_eager or getattr(request, "durable_run", None) is not None:
            return super().__call__(*args, **kwargs)
        line = self._line(request)
        claimed = self._claim(line)
        if claimed is None:
            connections.release()
            counters().dead_rings.add(1)
            raise Ignore
        try:
            return self._work_off(claimed, line)
        finally:
            request.durable_run = None
            connections.release()

    def _line(self, request: Any) -> Claimer:
        kind = KINDS[self.name]
        return Claimer(
            queue=getattr(request, "job_queue", None) or kind.queue,
            kind=kind.name,
            version=kind.version,
            limited=kind.limited,
            rated=kind.rate is not None,
            worker=me().boot_id,
            ring=str(request.id),
            pid=os.getpid(),
        )

    def _claim(self, line: Claimer) -> Claimed | None:
        token = uuid.uuid4()
        asked = False

        def once() -> Claimed | None:
            nonlocal asked
            if asked and (ours := transitions.reclaim(token)):
                return ours
            asked = True
            return transitions.claim(line, token)

        try:
            return sql.patiently(once, CLAIM_PATIENCE_S)
        except (OperationalError, InterfaceError):
            return None
        except BaseException as exc:  # a time limit or a stop that lands here must not leave a claimed row behind
            if asked and (ours := transitions.reclaim(token)):
                transitions.give_back(ours, why=f"Its run was stopped before it began ({type(exc).__name__}).")
            raise

    def _work_off(self, claimed: Claimed, line: Claimer) -> Any:
        """Run the claimed job, and the next ones of its line while the ring lasts."""
        began = time.monotonic()
        left = self._chain_length()
        look_at_s = CHAIN_IN_COMPANY_S
        while True:
            left -= 1
            run, ending, value, raised = perform(claimed, KINDS[self.name], self._body)
            try:
                if ending is None:
                    raise Ignore from raised
                spent_s = time.monotonic() - began
                if spent_s > look_at_s:
                    look_at_s = spent_s + CHAIN_IN_COMPANY_S
                    left = 0 if _others_wait(line) else left
                last = raised is not None or left <= 0 or spent_s > CHAIN_S
                if not last and not line.limited and not run.ended_itself and chainable(claimed, ending):
                    following = self._chain(run, ending, line)
                else:
                    self._end(run, ending, raised)
                    following = None if last else self._claim(line)
            finally:
                pulse.current().leave(run.standing)
            if following is None:
                return None if run.kind.sensitive else value  # Celery logs what it gets
            claimed = following

    def _chain_length(self) -> int:
        if me().shared:
            return CHAIN_JOBS
        limit_s = KINDS[self.name].soft_limit_s or KINDS[self.name].hard_s
        counted = self.app.conf.worker_max_tasks_per_child  # whoever replaces children by jobs done counts messages
        return 1 if counted or (limit_s is not None and limit_s < CHAIN_LIMIT_S) else CHAIN_JOBS

    def _body(self, run: Run) -> Any:
        from nightdesk.engine.handlers import HANDLERS

        args, kwargs = read_arguments(run.claimed.arguments)
        handler = HANDLERS.get(self.name)
        request = self.request
        request.durable_run, request.retries = run, run.failures
        if handler is not None:
            return handler(ARGUMENTS[self.name].model_validate(kwargs), run)
        ring = request.id
        request.id, request.args, request.kwargs, request.durable_retry = str(run.job_id), args, kwargs, None
        try:
            value = self.run(*args, **kwargs)
        finally:
            request.id = ring  # Celery's own events go on under the message's id
        if request.durable_retry is not None:  # retry(throw=False)
            raise request.durable_retry
        return value

    def _end(self, run: Run, ending: Ending, raised: BaseException | None) -> None:
        try:
            write_end(run, ending)
        except Refused:
            raise Ignore from raised
        if (
            KINDS[self.name].limit is not None and self._chain_length() == 1
        ):  # its slot is free: credit for whoever waits for it
            ringer.current().ring_soon(Ring(run.job_id, self.name, run.claimed.queue, run.number + 1))
        if raised is None:
            return
        if isinstance(raised, RunInterrupt):
            raise Ignore from raised
        if run.kind.sensitive and isinstance(raised, Exception):
            raised = Withheld(type(raised).__name__)
        if ending.outcome == "retry" and not isinstance(raised, Retry):
            raise Retry(exc=raised if isinstance(raised, Exception) else None, when=ending.delay_s) from raised
        raise raised

    def _chain(self, run: Run, ending: Ending, line: Claimer) -> Claimed | None:
        token = uuid.uuid4()
        try:
            done, following = transitions.finish_and_claim(run.claimed, ending, line, token)
        except (OperationalError, InterfaceError):
            done, following = transitions.settle(run.claimed, ending, token)
        try:
            announce(run, ending.state, accepted=done)
        except Refused:
            if following is None:
                raise Ignore from None
        return following

    # ---- what a body written in Celery's way may call

    def retry(
        self,
        args: Any = None,
        kwargs: Any = None,
        exc: BaseException | None = None,
        throw: bool = True,
        eta: datetime | None = None,
        countdown: float | None = None,
        max_retries: int | None = None,
        **options: Any,
    ) -> Retry:
        """As Celery's, but nothing is published: the row goes back to waiting with a later `run_at`.

        Raises:
            TypeError: other arguments or options than those of the job were given; a retry is the same row.
        """
        request = self.request
        self._refuse_changes(args, kwargs, options)
        if request.called_directly:
            raise exc or Retry("retry", exc)
        limit = self.max_retries if max_retries is None else max_retries
        if limit is not None and request.retries >= limit:
            raise exc or self.MaxRetriesExceededError(f"{self.name}: {limit} retries used up")
        delay_s = self.default_retry_delay if countdown is None else countdown
        if eta is not None:
            delay_s = (eta - datetime.now(UTC)).total_seconds()
        wanted = Retry(exc=exc, when=max(0.0, float(delay_s)))
        if throw:
            raise wanted from exc
        request.durable_retry = wanted
        return wanted

    def _refuse_changes(self, args: Any, kwargs: Any, options: dict[str, Any]) -> None:
        request = self.request
        others = args is not None and list(args) != list(request.args or ())
        others = others or (kwargs is not None and dict(kwargs) != dict(request.kwargs or {}))
        if others or options:
            raise TypeError(
                f"{self.name}: a retry keeps the arguments and options of its job. Ask for a new job instead."
            )

    def update_state(
        self, task_id: str | None = None, state: str | None = None, meta: Any = None, **kwargs: Any
    ) -> None:
        """Map Celery's own progress idiom: `meta={"progress": 40, "message": "..."}`."""
        run: Run | None = getattr(self.request, "durable_run", None)
        if run is None:
            return
        meta = meta if isinstance(meta, dict) else {}
        percent = meta.get("progress", meta.get("percent"))
        if percent is None and meta.get("total"):
            percent = 100 * meta.get("current", 0) // meta["total"]
        run.progress(int(percent or 0), str(meta.get("message", meta.get("status", state or ""))))

    @property
    def current_run(self) -> Run | None:
        """The run of the message that is being worked off, for bodies written in Celery's way."""
        return getattr(self.request, "durable_run", None)


def _others_wait(line: Claimer) -> bool:
    try:
        return others_wait(line.queue, line.kind)
    except (OperationalError, InterfaceError):  # the database is away: first of all this run has to be ended
        return True


def _moment(expires: Any, now: datetime) -> datetime | None:
    from datetime import timedelta

    if expires is None or isinstance(expires, datetime):
        return expires
    return now + timedelta(seconds=float(expires))
