"""What came out of image work: stored with the end of its job, shown with or without its bytes."""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from nightdesk.core.errors import BusinessError, NightdeskError, Permanent
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import JobPayload
from nightdesk.engine.payloads import read_json
from nightdesk.engine.run import Run
from nightdesk.engine.states import State
from nightdesk.images.jobs import SweepFiles
from nightdesk.images.models import Asset, Origin, StoredFile, new_asset_id
from nightdesk.images.services.assets import find_ready_asset, read_file, save_made, write_asset_files
from nightdesk.images.services.making import Making, Task
from nightdesk.providers.images.protocol import Operation, ProviderInfo

#: Larger pictures are fetched by their address: base64 in JSON takes a third more, several times over, in memory.
MOST_INLINE_BYTES: Final = 20_000_000
#: How long the pictures of a task wait for a person who has to say whether it was done.
_TIME_TO_DECIDE: Final = timedelta(days=7)
_PATH: Final = "/api/v1/assets/{id}/file/"

#: How a picture came to be, in the words of IPTC's vocabulary (cv.iptc.org/newscodes/digitalsourcetype), by whether a
#: trained model made it. Ours are plain algorithms: a drawn poster, a face set into a photograph, an improved photograph.
_SOURCE_TYPES: Final[dict[tuple[Operation, bool], str]] = {
    (Operation.GENERATION, True): "trainedAlgorithmicMedia",
    (Operation.GENERATION, False): "algorithmicMedia",
    (Operation.FACE_SWAP, True): "compositeWithTrainedAlgorithmicMedia",
    (Operation.FACE_SWAP, False): "compositeCapture",
}
_CHANGED: Final = {True: "compositeWithTrainedAlgorithmicMedia", False: "algorithmicallyEnhanced"}


class ImageResult(TypedDict):
    """The result of an image job.

    `metadata` holds `original_prompt`, `refined_prompt` (null: not refined), `parameters`, `provider`, `seed`,
    `warnings`, `method`, `model`, `generative_ai`, `digital_source_type`, `cost_micros`, `expires_at`, `width`, `height`,
    and what else the provider says.
    """

    status: str
    asset_id: str
    image_url: str
    prompt_used: str
    metadata: dict[str, Any]


def source_type(operation: Operation, info: ProviderInfo) -> str:
    """Return the IPTC digital source type of what this provider makes."""
    return _SOURCE_TYPES.get((operation, info.is_generative_ai), _CHANGED[info.is_generative_ai])


def save_result(*, run: Run, task: Task, making: Making, parents: Mapping[str, Asset]) -> ImageResult:
    """Write the picture into the store, then its asset and the end of the job in one transaction.

    Raises:
        FencedOff: the run is no longer ours; the files are the job's to remove.
    """
    asset = _draft(run, task, making, parents)
    files = write_asset_files(
        asset_id=asset.pk,
        pixels=making.made.pixels,
        format=str(task.parameters.format),
        quality=int(task.parameters.quality or 0),
        digital_source_type=asset.digital_source_type,
        job_id=run.job_id,
    )
    run.progress(99, "Saving the result")

    def save() -> ImageResult:
        asset.expires_at = timezone.now() + timedelta(seconds=settings.RESULT_EXPIRES_S)
        saved = save_made(asset=asset, files=files, parents={role: parent.pk for role, parent in parents.items()})
        _staged_for(run.job_id).update(expires_at=asset.expires_at)
        return _describe(saved, making)

    return run.finish_with(save)


def _draft(run: Run, task: Task, making: Making, parents: Mapping[str, Asset]) -> Asset:
    return Asset(
        pk=new_asset_id(),
        owner_id=run.owner_id,
        name=_name(task, parents),
        origin=Origin.MADE,
        job_id=run.job_id,
        operation=task.operation,
        provider=making.info.name,
        provider_version=making.info.version,
        prompt=task.prompt,
        refined_prompt=making.refined_prompt or "",
        parameters=task.parameters.model_dump(exclude_none=True, exclude_defaults=True),
        seed=making.made.seed,
        warnings=list(making.warnings),
        is_generative_ai=making.info.is_generative_ai,
        digital_source_type=source_type(task.operation, making.info),
    )


def _name(task: Task, parents: Mapping[str, Asset]) -> str:
    if task.operation == Operation.GENERATION:
        return " ".join(task.prompt.split())[:80]
    shown = parents["target_image" if task.operation == Operation.FACE_SWAP else "image"].name
    return f"{shown} ({task.operation.replace('_', ' ')})"[-200:].strip()


def _describe(asset: Asset, making: Making) -> ImageResult:
    return ImageResult(
        status="success",
        asset_id=asset.pk,
        image_url=_PATH.format(id=asset.pk),
        prompt_used=making.prompt_used,
        metadata={
            **making.made.extra,
            "original_prompt": asset.prompt,
            "refined_prompt": making.refined_prompt,
            "parameters": asset.parameters,
            "provider": asset.provider,
            "model": making.made.model,
            "method": making.made.method,
            "seed": asset.seed,
            "warnings": asset.warnings,
            "generative_ai": asset.is_generative_ai,
            "digital_source_type": asset.digital_source_type,
            "cost_micros": making.made.cost_micros,
            "width": asset.width,
            "height": asset.height,
            "expires_at": _text(asset.expires_at),
        },
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def find_result(*, job_id: UUID) -> ImageResult | None:
    """Return the result of an image job that succeeded; None while there is none, and once it is removed."""
    payload = JobPayload.objects.filter(pk=job_id).first()
    result: ImageResult | None = read_json(payload.result) if payload else None
    return result


def present_result(*, result: ImageResult) -> dict[str, Any]:
    """Return a result with `image_data`: the file as base64, or None above `MOST_INLINE_BYTES`.

    Raises:
        AssetExpired: it was not kept. AssetNotFound: it was deleted.
    """
    asset = find_ready_asset(asset_id=result["asset_id"])
    data = None
    if asset.size_bytes <= MOST_INLINE_BYTES:
        with read_file(asset=asset) as file:
            data = base64.b64encode(file.read()).decode()
    metadata = result["metadata"] | {"expires_at": _text(asset.expires_at)}  # somebody may have kept it since
    return {**result, "metadata": metadata, "image_data": data}


def end_task(*, end: JobEnd) -> None:
    """Let go of what a job leaves behind, whoever ended it: database only, the files go soon after. Repeatable.

    Pictures that were sent with the task live as long as its result. Of a job that has none they go at once, unless
    somebody may still want it done: tried again, or decided.
    """
    if end.state != State.SUCCEEDED:
        _staged_for(end.job_id).update(expires_at=timezone.now() + _time_to_try_again(end))
    loose = StoredFile.objects.filter(job_id=end.job_id, asset=None, doomed_at=None)
    if loose.update(doomed_at=timezone.now()) or end.state != State.SUCCEEDED:
        enqueue(SweepFiles(), unique_key="images.sweep_files")


def _time_to_try_again(end: JobEnd) -> timedelta:
    if end.state == State.UNKNOWN:
        return _TIME_TO_DECIDE
    is_mendable = end.state == State.FAILED and end.error is not None and end.error.code not in _hopeless_codes()
    return timedelta(seconds=settings.RESULT_EXPIRES_S if is_mendable else 0)


def _hopeless_codes() -> set[str]:
    """Name the ends that trying again with the same pictures does not change."""
    hopeless: list[type[NightdeskError]] = [BusinessError, Permanent]
    for one in hopeless:
        hopeless += one.__subclasses__()
    return {one.code for one in hopeless}


def _staged_for(job_id: UUID) -> Any:
    return Asset.objects.filter(job_id=job_id, origin=Origin.UPLOADED, is_listed=False, kept_at=None)
