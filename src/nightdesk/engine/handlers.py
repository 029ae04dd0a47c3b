"""Who does it: functions that handle a kind of job, as Celery tasks."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from celery import shared_task

from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.run import DirectRun, Run
from nightdesk.engine.task import DurableTask

A = TypeVar("A", bound=JobArgs)
Handler = Callable[[Any, Run], Any]

HANDLERS: Final[dict[str, Handler]] = {}


def handles(arguments: type[A]) -> Callable[[Callable[[A, Run], Any]], Any]:
    """Make a function the handler of a kind; the result is a Celery task named after the kind.

    @handles(FetchCreatives)
    def fetch_creatives_task(job: FetchCreatives, run: Run) -> FetchSummary: ...

    fetch_creatives_task.delay(region="US")   # a row, then a ring
    fetch_creatives_task(region="US")         # called directly: in place, without a row
    """

    def register(function: Callable[[A, Run], Any]) -> Any:
        kind = arguments.kind
        HANDLERS[kind.name] = function

        def call(*args: Any, **kwargs: Any) -> Any:
            return function(arguments.from_call(args, kwargs), DirectRun(kind))  # type: ignore[arg-type]

        call.__doc__ = function.__doc__
        call.__name__ = function.__name__
        call.__module__ = function.__module__
        return shared_task(
            name=kind.name,
            base=DurableTask,
            typing=False,
            arguments=arguments,
            soft_time_limit=kind.soft_limit_s,
            time_limit=kind.hard_s,
            max_retries=kind.retries,
        )(call)

    return register


def call_in_place(job: JobArgs) -> Any:
    """Run the handler of these arguments here and now, without a row."""
    return HANDLERS[job.kind.name](job, DirectRun(job.kind))
