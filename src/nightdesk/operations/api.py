"""Jobs: look, fetch, follow, cancel, try again, run again, explain."""

from typing import Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router

from nightdesk.core.errors import Conflict
from nightdesk.engine import actions, queries
from nightdesk.engine.models import Job
from nightdesk.engine.states import State, celery_status
from nightdesk.httpkit.actors import Actor, actor_of
from nightdesk.httpkit.openapi import refusals, streams_events
from nightdesk.httpkit.paging import Page, page_of
from nightdesk.httpkit.schemas import JobId
from nightdesk.httpkit.submits import Accepted, accepted, submits
from nightdesk.operations import following
from nightdesk.operations.access import (
    ensure_may_read_content,
    find_job,
    find_job_to_change,
    may_read_content,
    read_error,
    read_result,
)
from nightdesk.operations.schemas import (
    AttemptOut,
    CancelOut,
    CancelWord,
    DecideIn,
    ErrorOut,
    ExplanationOut,
    GateOut,
    JobDetail,
    JobOut,
    JobsQuery,
    RerunIn,
    ResultOut,
    RetryIn,
    hide_secrets,
)

router = Router(tags=["jobs"])

_CANCEL_WORDS: Final[dict[CancelWord, str]] = {
    "cancelled": "The job is cancelled.",
    "requested": "The job was told to stop and will end soon.",
    "unknown": "The job is stopped. It may already have been done: look at the other side, then decide.",
}


@router.get("/", response=Page[JobOut], operation_id="list_jobs", summary="List jobs")
def list_jobs(request: HttpRequest, query: Query[JobsQuery]) -> Page[JobOut]:
    """List the jobs you may see, newest first."""
    actor = actor_of(request)
    jobs = queries.visible_jobs(user_id=actor.user_id, operator=actor.operator).order_by("-id")
    if query.state:
        jobs = jobs.filter(state__in=query.state)
    wanted = {"kind": query.kind, "queue": query.queue, "subject": query.subject, "owner_id": query.owner}
    jobs = jobs.filter(**{name: value for name, value in wanted.items() if value is not None})
    return page_of(request, jobs, query, JobOut.from_row)


@router.get("/{job_id}/", response=JobDetail, operation_id="show_job", summary="Show a job")
def show_job(request: HttpRequest, job_id: JobId) -> JobDetail:
    """Show one job with its error, its attempts and why it waits."""
    actor = actor_of(request)
    return describe(actor, find_job(actor, job_id))


def describe(actor: Actor, job: Job) -> JobDetail:
    """Gather everything that an actor may know of a job."""
    shown = hide_secrets(queries.arguments_of(job)) if may_read_content(actor, job) else None
    return JobDetail.from_row(
        job,
        waiting_reason=queries.waiting_reason(job),
        error=ErrorOut.from_error(read_error(job)),
        arguments=shown,
        attempts=[AttemptOut.from_row(attempt) for attempt in queries.attempts_of(job)],
    )


@router.get(
    "/{job_id}/result/",
    response={200: ResultOut, **refusals(409, 410)},
    operation_id="show_job_result",
    summary="Result",
)
def show_job_result(request: HttpRequest, job_id: JobId) -> ResultOut:
    """Fetch what came out: 409 while the job is not finished, 410 once its result is removed."""
    actor = actor_of(request)
    job = find_job(actor, job_id)
    return ResultOut(
        id=job.id,
        state=State(job.state),
        status=celery_status(job.state, job.runs),
        result=read_result(actor, job),
        error=ErrorOut.from_error(read_error(job)),
    )


@router.get(
    "/{job_id}/events/",
    response={200: None},
    operation_id="follow_job",
    summary="Follow a job",
    openapi_extra=streams_events("Each event `job` has the shape of a listed job, its id the version."),
)
async def follow_job(request: HttpRequest, job_id: JobId) -> StreamingHttpResponse:
    """Stream a job's changes as server-sent events until it is final, beginning with where it stands."""
    return await following.stream_job(request, actor_of(request), job_id)


@router.post(
    "/{job_id}/cancel/", response={200: CancelOut, **refusals(409)}, operation_id="cancel_job", summary="Cancel a job"
)
def cancel_job(request: HttpRequest, job_id: JobId) -> CancelOut:
    """Cancel a job and its children: at once when it waits, else it is told to stop. 409 once it has ended otherwise."""
    job = find_job_to_change(actor_of(request), job_id)
    outcome = actions.cancel(job_id=job.id)
    job.refresh_from_db()
    if outcome == "finished" and job.state != State.CANCELLED:
        raise Conflict(f"This job has already ended: {job.state}. Nothing was changed.")
    said: CancelWord = "cancelled" if outcome == "finished" else outcome
    return CancelOut(id=job.id, state=State(job.state), outcome=said, message=_CANCEL_WORDS[said])


@router.post(
    "/{job_id}/retry/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="retry_job",
    summary="Try a job again",
)
@submits
def retry_job(request: HttpRequest, job_id: JobId, body: RetryIn | None = None) -> HttpResponse:
    """Send a job that ended without success back into its line. With an unknown outcome 409 unless confirmed."""
    job = find_job_to_change(actor_of(request), job_id)
    actions.retry(job_id=job.id, confirm=body.confirm if body else None)
    return accepted(job.id, f"{job.kind} task waits to be tried again")


@router.post(
    "/{job_id}/rerun/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="rerun_job",
    summary="Run a job again",
)
@submits
def rerun_job(request: HttpRequest, job_id: JobId, body: RerunIn | None = None) -> HttpResponse:
    """Run the same work as a new job of yours, with some arguments changed. The old job stays as it is."""
    actor = actor_of(request)
    job = find_job_to_change(actor, job_id)
    ensure_may_read_content(actor, job)
    arguments = body.arguments if body else None
    new_id = actions.rerun(job_id=job.id, arguments=arguments, owner_id=actor.user_id)
    return accepted(new_id, f"{job.kind} task submitted successfully")


@router.post(
    "/{job_id}/decide/", response={200: JobOut, **refusals(409)}, operation_id="decide_job", summary="Settle an outcome"
)
def decide_job(request: HttpRequest, job_id: JobId, body: DecideIn) -> JobOut:
    """Say how an unknown outcome really ended: done, or not done and to be left so."""
    job = find_job_to_change(actor_of(request), job_id)
    actions.decide(job_id=job.id, done=body.done)
    job.refresh_from_db()
    return JobOut.from_row(job)


@router.get("/{job_id}/explain/", response=ExplanationOut, operation_id="explain_job", summary="Why does it wait")
def explain_job(request: HttpRequest, job_id: JobId) -> ExplanationOut:
    """Say why a job stands where it stands: each gate it has to pass, and its place in line."""
    job = find_job(actor_of(request), job_id)
    explanation = queries.explain(job)
    return ExplanationOut(
        id=job.id,
        state=State(job.state),
        reason=explanation.reason,
        gates=[GateOut.model_validate(gate) for gate in explanation.gates],
        place_in_line=explanation.place_in_line,
    )
