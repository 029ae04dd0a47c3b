"""Asking for image work: what was sent is checked, the provider is chosen, and the job is accepted."""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from uuid import UUID

from nightdesk.core.errors import Forbidden, InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.sql import writing
from nightdesk.images.errors import AssetExpired, AssetNotFound
from nightdesk.images.jobs import (
    ProcessBackgroundRemoval,
    ProcessFaceSwap,
    ProcessImageGeneration,
    ProcessObjectRemoval,
    ProcessStyleTransfer,
)
from nightdesk.images.models import Asset, AssetState
from nightdesk.images.services.assets import find_asset
from nightdesk.images.services.consent import face_swap_allowed, note_consent
from nightdesk.images.services.files import drop_files
from nightdesk.images.services.parameters import MAX_SEED, Parameters, check_fields, complete, read_parameters
from nightdesk.images.services.uploads import receive_upload, register_upload
from nightdesk.providers.images.ingest import MAX_PIXELS, read_header
from nightdesk.providers.images.protocol import Operation, ProviderInfo
from nightdesk.providers.images.registry import find_provider

#: Which kind of job does which operation.
KINDS: Final[dict[Operation, type[JobArgs]]] = {
    Operation.GENERATION: ProcessImageGeneration,
    Operation.FACE_SWAP: ProcessFaceSwap,
    Operation.BACKGROUND: ProcessBackgroundRemoval,
    Operation.OBJECT: ProcessObjectRemoval,
    Operation.STYLE: ProcessStyleTransfer,
}
FACE_SWAP_OFF: Final = "Face swaps are turned off here. An administrator can turn them on in the settings."


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A picture that came with a task: stored as it is, and of no asset yet. Width and height as its header has them."""

    stored: str
    width: int
    height: int


_REFERENCE: Final = re.compile(r"asset:([a-z2-7]{24})")


def submit_task(
    *,
    task_type: str,
    prompt: str = "",
    image: str | None = None,
    target_image: str | None = None,
    mask: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    received: Mapping[str, Received] | None = None,
    owner_id: int | None,
) -> UUID:
    """Accept one image task and return its job's id. Pictures are named `asset:<id>`; they may still be on their way.

    `parameters`: see `Parameters`. `consent` is required for face swaps: that `CONSENT_STATEMENT` was confirmed.
    `received` holds pictures that came with the task itself, by field; they become unlisted assets that the job reads.
    All in one transaction.

    Raises:
        InvalidInput: with details by field, as `{"prompt": ["Prompt is required for image_generation"]}`; fields of
            `parameters` go by their own names (`box`, `provider`).
        Forbidden: face swaps are off.
        Misconfigured: the provider that was named is not ready, or none is.
    """
    operation, prompt = read_operation(task_type), prompt.strip()
    wanted = read_parameters(parameters or {})
    job_id = new_job_id()
    with writing():
        pictures = {"image": image, "target_image": target_image, "mask": mask}
        pictures |= _register(received or {}, job_id=job_id, owner_id=owner_id)
        check_order(operation, prompt=prompt, pictures=pictures, parameters=wanted)
        provider = find_provider(operation, wanted.provider)
        _check_style(operation, provider, wanted, prompt, has_example=pictures["target_image"] is not None)
        assets = {field: _find_input(field, named) for field, named in pictures.items() if named is not None}
        seed = secrets.randbelow(MAX_SEED + 1)
        carried = complete(operation, wanted, seed=seed) | {"provider": provider.info.name}
        _check_sizes(assets, carried, provider.info)
        if operation == Operation.FACE_SWAP:
            note_consent(job_id=job_id, user_id=owner_id)
        job = _build_job(operation, prompt=prompt, pictures=pictures, parameters=carried)
        subject = _subject_of(operation, pictures)
        return enqueue(job, owner_id=owner_id, subject=subject, queue=provider.info.queue, job_id=job_id)


def _subject_of(operation: Operation, pictures: Mapping[str, str | None]) -> str:
    """Name the picture that is changed, as `asset:<id>`; nothing for one that is made from words."""
    return pictures["target_image" if operation == Operation.FACE_SWAP else "image"] or ""


@contextmanager
def receiving(files: Mapping[str, BinaryIO]) -> Iterator[dict[str, Received]]:
    """Store pictures that came with a task, by field; those that no asset has when the block ends are deleted.

    Raises:
        Rejected: one is no picture that we take. StoreAway.
    """
    received: dict[str, Received] = {}
    try:
        for field, file in files.items():
            header = read_header(file, field=field)
            file.seek(0)
            stored = receive_upload(source=file, field=field)
            received[field] = Received(stored=stored, width=header.width, height=header.height)
        yield received
    finally:
        drop_files(names=[one.stored for one in received.values()])


def _register(received: Mapping[str, Received], *, job_id: UUID, owner_id: int | None) -> dict[str, str]:
    references = {}
    for field, one in received.items():
        asset = register_upload(stored=one.stored, name=field, owner_id=owner_id, job_id=job_id, is_listed=False)
        Asset.objects.filter(pk=asset.pk).update(width=one.width, height=one.height)
        references[field] = f"asset:{asset.pk}"
    return references


def read_operation(task_type: str) -> Operation:
    """Return the operation of this name.

    Raises:
        InvalidInput: there is none; the message names those that there are.
    """
    try:
        return Operation(task_type)
    except ValueError:
        names = ", ".join(Operation)
        raise InvalidInput(details={"task_type": [f"There is no such task. Choose one of: {names}."]}) from None


def check_order(
    operation: Operation, *, prompt: str, pictures: Mapping[str, str | None], parameters: Parameters
) -> None:
    """Refuse what can be refused before any picture is looked at; a picture only has to be there, under any name.

    Raises:
        Forbidden: face swaps are off. InvalidInput: with details by field.
    """
    if operation == Operation.FACE_SWAP and not face_swap_allowed():
        raise Forbidden(FACE_SWAP_OFF)
    check_fields(operation, prompt=prompt, pictures=pictures, parameters=parameters)


def _check_style(
    operation: Operation, provider: Any, parameters: Parameters, prompt: str, *, has_example: bool
) -> None:
    """Refuse a style that a provider without a model cannot know: by its name, or by a word of the prompt without one."""
    if operation != Operation.STYLE or has_example or provider.info.is_generative_ai:
        return
    known = list(provider.styles())
    words = [parameters.style.casefold()] if parameters.style else re.findall(r"\w+", prompt.casefold())
    if not set(known).intersection(words):
        what = "this style" if parameters.style else "a style of these words"
        raise InvalidInput(
            details={"style": [f"{provider.info.title} does not know {what}. Choose one of: {', '.join(known)}."]}
        )


def read_reference(reference: str) -> str:
    """Return the asset's id in `asset:<id>`.

    Raises:
        AssetNotFound: it is no such reference.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise AssetNotFound("Name a picture as asset:<id>, with the id that its upload answered.")
    return found[1]


def _find_input(field: str, reference: str) -> Asset:
    try:
        asset = find_asset(asset_id=read_reference(reference))
    except (AssetNotFound, AssetExpired) as exc:
        raise InvalidInput(details={field: [exc.public_message]}) from None
    if asset.state == AssetState.REFUSED:
        raise InvalidInput(details={field: [asset.refusal]})
    return asset


def _check_sizes(assets: Mapping[str, Asset], parameters: Mapping[str, Any], info: ProviderInfo) -> None:
    wrong: dict[str, list[str]] = {}
    sizes = {field: asset.width * asset.height for field, asset in assets.items()}
    sizes["width"] = parameters.get("width", 0) * parameters.get("height", 0)
    most: int = info.limits.get("max_pixels", MAX_PIXELS)
    for field in [field for field, pixels in sizes.items() if pixels > most]:
        wrong[field] = [
            f"{info.title} works on up to {most / 1e6:g} megapixels. Choose a smaller size, or another provider."
        ]
    image, mask, box = _shapes(assets.get("image")), _shapes(assets.get("mask")), parameters.get("box")
    if image and mask and not image & mask:
        wrong["mask"] = [
            f"The mask has {_say(assets['mask'])} pixels and the image {_say(assets['image'])}. Send a mask of the same size."
        ]
    if image and box and not any(is_inside(box, *shape) for shape in image):
        wrong["box"] = [
            f"The box must lie inside the image of {_say(assets['image'])} pixels, with x0 < x1 and y0 < y1."
        ]
    if wrong:
        raise InvalidInput(details=wrong)


def _shapes(asset: Asset | None) -> set[tuple[int, int]]:
    """Return the sizes that a picture may have once it is read: it may have to be turned. None: nobody knows yet."""
    if asset is None or not asset.width:
        return set()
    size = (asset.width, asset.height)
    return {size} if asset.state == AssetState.READY else {size, size[::-1]}


def _say(asset: Asset) -> str:
    return f"{asset.width} x {asset.height}"


def is_inside(box: list[int], width: int, height: int) -> bool:
    """Whether x0, y0, x1, y1 name at least one pixel and none outside."""
    x0, y0, x1, y1 = box
    return 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height


def _build_job(
    operation: Operation, *, prompt: str, pictures: Mapping[str, str | None], parameters: dict[str, Any]
) -> JobArgs:
    kind = KINDS[operation]
    given = {"prompt": prompt, "parameters": parameters, **pictures}
    return kind(**{name: given[name] for name in kind.model_fields})


def queue_of(operation: Operation, job: JobArgs) -> str:
    """Return where a job of this operation waits: where the provider belongs that will do it.

    Raises:
        InvalidInput, Misconfigured: as `find_provider`.
    """
    parameters: Mapping[str, Any] = getattr(job, "parameters", {})
    queue: str = find_provider(operation, parameters.get("provider")).info.queue
    return queue
