"""What the job of an image task does: read its pictures, let a provider work, store what comes out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from nightdesk.core.errors import BusinessError, Forbidden, Misconfigured, Permanent
from nightdesk.engine.interrupts import Cancelled, FencedOff
from nightdesk.engine.run import Run
from nightdesk.images.models import Asset, AssetState, StoredFile
from nightdesk.images.services.assets import find_asset, find_ready_asset, read_mask, read_pixels
from nightdesk.images.services.consent import ensure_consent, face_swap_allowed
from nightdesk.images.services.files import DRAFTS, drop_files, drop_loose_files
from nightdesk.images.services.making import Task, make
from nightdesk.images.services.orders import FACE_SWAP_OFF, read_reference
from nightdesk.images.services.parameters import MAX_SEED, Parameters, check_fields, complete, read_parameters
from nightdesk.images.services.results import ImageResult, save_result
from nightdesk.images.services.uploads import settle_upload
from nightdesk.providers.images.protocol import Operation

#: Ends that no retry follows: nothing of the job is needed any more.
_FINAL: Final = (BusinessError, Permanent, Misconfigured, Cancelled)


def perform_task(
    *, run: Run, operation: Operation, prompt: str, pictures: Mapping[str, str | None], parameters: Mapping[str, Any]
) -> ImageResult:
    """Do an image task from its arguments to its stored result, which ends the job. Safe to run again after a death.

    Raises:
        Unsuitable, Rejected: a picture cannot be used. AssetNotFound, AssetExpired: it is gone.
        Forbidden: face swaps are off. InvalidInput: arguments that no check has seen.
        OperationalFault: as the provider says.
    """
    with _tidying(run):
        wanted = read_parameters(parameters)
        check_fields(operation, prompt=prompt, pictures=pictures, parameters=wanted)
        if operation == Operation.FACE_SWAP:
            _ensure_allowed(run)
        seed = run.job_id.int & MAX_SEED  # where none was drawn: the same in every run of the job
        chosen = Parameters.model_validate(complete(operation, wanted, seed=seed))
        assets = {field: _settle(run, field, named) for field, named in pictures.items() if named is not None}
        task = _read(operation, prompt, chosen, assets)
        making = make(run, task)
        run.progress(95, "Saving the result")
        return save_result(run=run, task=task, making=making, parents=assets)


@contextmanager
def _tidying(run: Run) -> Iterator[None]:
    """Remove the files of the job that nothing needs: those of a run that died, and all once it is sure to be over.

    What a provider keeps between runs stays until then: a paid picture is not paid for again. A run that has lost its
    job touches nothing, for the files may be those of the next run.
    """
    if run.number > 1:
        drop_files(names=_left_by_a_death(run))
    try:
        yield
    except FencedOff:
        raise
    except _FINAL:
        if not run.standing.lost:
            drop_loose_files(job_id=run.job_id)
        raise
    else:
        drop_loose_files(job_id=run.job_id)


def _left_by_a_death(run: Run) -> list[str]:
    loose = StoredFile.objects.filter(job_id=run.job_id, asset=None).exclude(name__startswith=f"{DRAFTS}/")
    return list(loose.values_list("name", flat=True))


def _ensure_allowed(run: Run) -> None:
    if not face_swap_allowed():
        raise Forbidden(FACE_SWAP_OFF)
    ensure_consent(job_id=run.job_id, user_id=run.owner_id)


def _settle(run: Run, field: str, reference: str) -> Asset:
    """Return a picture of the task, read by now: one that is still on its way is read here."""
    asset = find_asset(asset_id=read_reference(reference))
    if asset.state == AssetState.COMING:
        run.progress(1, "Reading the picture")
        return settle_upload(asset_id=asset.pk, check=run.check_cancelled, field=field)
    return find_ready_asset(asset_id=asset.pk, field=field)


def _read(operation: Operation, prompt: str, parameters: Parameters, assets: Mapping[str, Asset]) -> Task:
    pictures = {field: read_pixels(asset=asset) for field, asset in assets.items() if field != "mask"}
    mask = read_mask(asset=assets["mask"]) if "mask" in assets else None
    return Task(operation=operation, prompt=prompt, parameters=parameters, pictures=pictures, mask=mask)
