"""One run from claim to fenced end: body, verdict, write. The task class calls this; so does `testing`."""

import logging
import random
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from celery.exceptions import Ignore, MaxRetriesExceededError, Retry, SoftTimeLimitExceeded, TimeLimitExceeded

from nightdesk.core.errors import BusinessError, Misconfigured, NightdeskError, OutcomeUnknown, Permanent, Throttled
from nightdesk.core.redaction import redact_text
from nightdesk.engine import connections, signals, transitions
from nightdesk.engine.arguments import Kind
from nightdesk.engine.endings import JobError
from nightdesk.engine.identity import counters
from nightdesk.engine.interrupts import Cancelled, FencedOff, Parked, RunInterrupt
from nightdesk.engine.journal import recording
from nightdesk.engine.leaving import BodyLeft, meant_by
from nightdesk.engine.models.job import MAX_ERROR_BYTES
from nightdesk.engine.payloads import write_result
from nightdesk.engine.run import Run, watch
from nightdesk.engine.states import State
from nightdesk.engine.transitions.claim import Claimed
from nightdesk.engine.transitions.finish import UNKNOWN_OUTCOME, Ending
from nightdesk.engine.transitions.rescue import CANCELLED

log = logging.getLogger(__name__)

JITTER: Final = 0.1
#: No retry is later than a day, whatever doubles or a service asks for.
LONGEST_DELAY_S: Final = 86_400.0
#: Pauses that a job may wait for without spending a try. After them somebody has to look.
MOST_PAUSES: Final = 500

Body = Callable[[Run], Any]


class Refused(Exception):
    """The end of a run was not accepted: the row is somebody else's by now."""


def perform(claimed: Claimed, kind: Kind, body: Body) -> tuple[Run, Ending | None, Any, BaseException | None]:
    """Run the body; return the run, how it ended (None: parked or fenced off), its value and what it raised.

    Nothing is written here but what the body writes itself.
    """
    run = watch(claimed, kind, threading.get_ident())
    signals.run_started.send_robust(sender=Run, run=run)
    value: Any = None
    raised: BaseException | None = None
    with recording(run):
        try:
            if not claimed.cancelled:
                connections.release()
                value = body(run)
            else:
                run.check_cancelled()
            ending: Ending | None = _success(run, value)
        except Parked as exc:
            ending, raised = None, exc
        except FencedOff as exc:
            ending, raised = None, exc
            note_refusal(run)
        except BaseException as exc:  # noqa: BLE001 (every way to end is a verdict; the caller raises it again)
            meant = meant_by(exc)
            ending, raised = judge(run, meant), meant if isinstance(meant, BodyLeft) else exc
        run.standing.ended = True
    return run, ending, value, raised


def write_end(run: Run, ending: Ending) -> None:
    """Write the end of a run, surviving a soft time limit that lands in the middle of it.

    Raises:
        Refused: the run is no longer ours.
    """
    while True:
        try:
            accepted = run.ended_itself or transitions.finish(run.claimed, ending)
            break
        except SoftTimeLimitExceeded:
            continue  # raised once a run, by a signal; the write is repeatable
    announce(run, ending.state, accepted=accepted)


def announce(run: Run, state: str, *, accepted: bool) -> None:
    """Tell listeners whether a write counted.

    Raises:
        Refused: it did not.
    """
    if accepted:
        signals.run_accepted.send_robust(sender=Run, run=run, state=state)
        return
    note_refusal(run)
    raise Refused


def note_refusal(run: Run) -> None:
    """Count a write of a zombie, and say so."""
    counters().refused.add(1)
    signals.run_refused.send_robust(sender=Run, run=run)
    log.warning("refused the write of a run that is no longer ours: job %s", run.job_id)


def _success(run: Run, value: Any) -> Ending:
    result = write_result(value, run.kind)
    return Ending(state=State.SUCCEEDED, result=result, result_ttl_s=run.kind.result_ttl_s)


def judge(run: Run, exc: BaseException) -> Ending:
    """Say what an exception means for the job: retry, failure, cancel, unknown, or give it back (a stopped worker)."""
    if isinstance(exc, Cancelled):
        return Ending(state=State.CANCELLED, error=CANCELLED, outcome="cancelled")
    if isinstance(exc, RunInterrupt | KeyboardInterrupt | SystemExit | GeneratorExit):
        return Ending(
            state=State.WAITING, outcome="released", error=JobError(code="released", message="Its worker stopped.")
        )
    if isinstance(exc, Retry):
        return _retry(run, exc.exc if isinstance(exc.exc, Exception) else exc, delay_s=float(exc.when or 0.0))
    if isinstance(exc, OutcomeUnknown):
        return _end(run, State.UNKNOWN, UNKNOWN_OUTCOME, exc, outcome="unknown")
    is_pause = isinstance(exc, Throttled) and not exc.spends_try and run.number - run.failures <= MOST_PAUSES
    is_for_good = isinstance(exc, Permanent | Misconfigured | BusinessError | Ignore)
    if is_pause or (run.failures < run.kind.retries and not is_for_good):
        again = _retry(run, exc, delay_s=delay_before_retry(run.kind, run.failures, exc))
        return replace(again, spends_try=not is_pause)
    return _end(run, State.FAILED, describe(exc, tries=run.failures + 1), exc, outcome="failed")


def delay_before_retry(kind: Kind, failures: int, exc: BaseException | None = None) -> float:
    """Return the seconds to wait: what the service asked for, else the kind's delay doubled per failure, +-10 %."""
    if isinstance(exc, Throttled) and exc.retry_after_s is not None:
        return min(LONGEST_DELAY_S, max(0.0, exc.retry_after_s))
    delay = kind.retry_delay_s * 2 ** min(failures, 16)
    return float(min(LONGEST_DELAY_S, delay * random.uniform(1 - JITTER, 1 + JITTER)))  # noqa: S311 (jitter, no secret)


def describe(exc: BaseException, *, tries: int) -> JobError:
    """Say an exception in public words: an error of ours speaks for itself, a bug is named by its class only."""
    name = type(exc).__name__
    if isinstance(exc, NightdeskError):
        return JobError(code=exc.code, message=redact_text(exc.public_message)[: MAX_ERROR_BYTES // 4], type=name)
    if isinstance(exc, SoftTimeLimitExceeded | TimeLimitExceeded):
        return JobError(
            code="time_limit",
            message="It took longer than it may. Ask for less at once, or raise the kind's time limit.",
            type=name,
        )
    if isinstance(exc, MaxRetriesExceededError):
        return JobError(code="retries_used_up", message=f"It failed {tries} times and was given up.", type=name)
    return JobError(
        code="bug",
        message=f"Something in the program went wrong ({name}), after {tries} "
        f"{'try' if tries == 1 else 'tries'}. The attempts of this job show where; run it again once that is mended.",
        type=name,
    )


def _retry(run: Run, exc: BaseException, *, delay_s: float) -> Ending:
    return _end(run, State.WAITING, describe(exc, tries=run.failures + 1), exc, outcome="retry", delay_s=delay_s)


def _end(run: Run, state: State, error: JobError, exc: BaseException, *, outcome: str, delay_s: float = 0.0) -> Ending:
    text = "".join(traceback.format_exception(exc))
    return Ending(
        state=state,
        error=error,
        sensitive=run.kind.sensitive,
        failed=True,
        outcome=outcome,
        traceback=redact_text(text)[-MAX_ERROR_BYTES // 2 :],
        log=redact_text("\n".join(run.lines)),
        delay_s=delay_s,
    )
