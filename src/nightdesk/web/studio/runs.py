"""Image jobs with what came out of them: the queue, the last results, the runs about one picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from nightdesk.engine.models import Job
from nightdesk.engine.queries import visible_jobs
from nightdesk.engine.states import FINISHED, UNFINISHED, State
from nightdesk.httpkit.actors import Actor
from nightdesk.images import jobs as kinds
from nightdesk.images.models import Asset, AssetState, Origin
from nightdesk.web.chip import title_of

#: Kind of job -> the operation of its task.
OPERATIONS: Final = {
    kinds.ProcessImageGeneration.kind.name: "image_generation",
    kinds.ProcessFaceSwap.kind.name: "face_swap",
    kinds.ProcessBackgroundRemoval.kind.name: "background_removal",
    kinds.ProcessObjectRemoval.kind.name: "object_removal",
    kinds.ProcessStyleTransfer.kind.name: "style_transfer",
}
#: Kinds whose jobs a person asked for and gets a picture from.
SHOWN: Final = (*OPERATIONS, kinds.ProcessUploadedImage.kind.name, kinds.CaptureScreenshot.kind.name)
MOST_QUEUED: Final = 12
MOST_RESULTS: Final = 8
MOST_ABOUT: Final = 16


@dataclass(frozen=True, slots=True)
class Run:
    """A job and its picture; None while there is none, and once it expired or was deleted."""

    job: Job
    asset: Asset | None

    @property
    def can_repeat(self) -> bool:
        """Whether the same can be asked for with another seed."""
        return self.job.kind in OPERATIONS and self.job.state == State.SUCCEEDED

    @property
    def title(self) -> str:
        """What it does, where there is no picture to tell."""
        return title_of(self.job)

    @property
    def is_gone(self) -> bool:
        """Whether it made a picture that is no more."""
        return self.job.state == State.SUCCEEDED and self.asset is None

    @property
    def stamp(self) -> str:
        """Differs whenever the run would look different."""
        kept = self.asset.kept_at if self.asset else None
        return f"{self.job.version}-{self.asset.pk if self.asset else ''}-{kept.timestamp() if kept else ''}"


def find_queue(actor: Actor) -> list[Job]:
    """List one's own image jobs that are under way, oldest first: as they will be done."""
    return list(_own(actor).filter(state__in=UNFINISHED).order_by("id")[:MOST_QUEUED])


def find_results(actor: Actor) -> list[Run]:
    """List one's own image tasks and screenshots that ended last, newest first."""
    jobs = (
        _own(actor)
        .filter(state__in=FINISHED, kind__in=(*OPERATIONS, kinds.CaptureScreenshot.kind.name))
        .order_by("-id")
    )
    return with_pictures(jobs[:MOST_RESULTS])


def find_runs_about(asset: Asset, actor: Actor) -> list[Run]:
    """List the tasks that change this picture, newest first, whoever asked for them."""
    jobs = visible_jobs(user_id=actor.user_id, operator=actor.operator)
    return with_pictures(jobs.filter(subject=f"asset:{asset.pk}", kind__in=OPERATIONS).order_by("-id")[:MOST_ABOUT])


def find_job_of(asset: Asset, actor: Actor) -> Job | None:
    """Return the job that makes or reads this picture; None: it is gone, or not this person's to see."""
    if asset.job_id is None:
        return None
    return visible_jobs(user_id=actor.user_id, operator=actor.operator).filter(pk=asset.job_id).first()


def with_pictures(jobs: Iterable[Job]) -> list[Run]:
    """Put each job beside its picture, with one query."""
    kept = list(jobs)
    made = pictures_of([job for job in kept if job.state == State.SUCCEEDED])
    return [Run(job, made.get(job.pk)) for job in kept]


def pictures_of(jobs: Sequence[Job]) -> dict[UUID, Asset]:
    """Return what these jobs made, by the job's id; no query when none of them makes pictures."""
    ids = [job.pk for job in jobs if job.kind in SHOWN]
    if not ids:
        return {}
    found = Asset.objects.filter(job_id__in=ids, state=AssetState.READY)
    # An uploaded picture that a task was sent with carries the task's job, too: what was made comes last, and counts.
    ranked = sorted((asset for asset in found if not asset.is_expired), key=lambda one: one.origin != Origin.UPLOADED)
    return {asset.job_id: asset for asset in ranked if asset.job_id is not None}


def _own(actor: Actor) -> QuerySet[Job]:
    return Job.objects.filter(owner_id=actor.user_id, kind__in=SHOWN)
