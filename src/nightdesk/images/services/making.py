"""Letting a provider work: the prompt is refined where a model will read it, and a fault may hand over to the next one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nightdesk.core.errors import NightdeskError, OperationalFault, OutcomeUnknown
from nightdesk.engine import connections
from nightdesk.engine.run import Run
from nightdesk.images.services.orders import is_inside
from nightdesk.images.services.parameters import Parameters
from nightdesk.images.services.working import JobWork
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.protocol import (
    BackgroundRequest,
    FaceSwapRequest,
    GenerationRequest,
    Made,
    Mask,
    ObjectRequest,
    Operation,
    Pixels,
    ProviderInfo,
    ProviderKind,
    StyleRequest,
)
from nightdesk.providers.images.registry import find_provider, next_ready
from nightdesk.providers.text.protocol import CallRecord
from nightdesk.providers.text.refining import find_refiner

#: Operations whose prompt describes a picture; that of an object removal only says what belongs into the hole.
_REFINED: Final = frozenset({Operation.GENERATION, Operation.STYLE})
#: A refined prompt is a nicety: it must not hold the picture up for long.
_REFINING_LIMIT_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An image task with its pictures read. `parameters` are complete."""

    operation: Operation
    prompt: str
    parameters: Parameters
    pictures: Mapping[str, Pixels] = field(default_factory=dict)
    mask: Mask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What a provider made, who it was, and what was said on the way."""

    made: Made
    info: ProviderInfo
    prompt_used: str
    refined_prompt: str | None
    warnings: tuple[str, ...]


def make(run: Run, task: Task) -> Making:
    """Let the provider work that the task names, else the first ready one.

    Raises:
        Unsuitable: the pictures do not fit the operation. Misconfigured: the provider is not ready.
        OperationalFault: the provider failed, and nobody may or can take over.
    """
    provider = find_provider(task.operation, task.parameters.provider)
    try:
        return _make_with(run, task, provider)
    except OutcomeUnknown:
        raise
    except OperationalFault as fault:
        other = _find_substitute(task, provider, fault)
        said = f"{provider.info.title} failed: {fault.public_message} {other.info.title} made this instead."
        return _make_with(run, task, other, said)


def _find_substitute(task: Task, provider: Any, fault: OperationalFault) -> Any:
    """Return who takes over after a fault of a hosted provider; where that was not asked for, the fault goes on."""
    if not task.parameters.fallback or provider.info.kind != ProviderKind.HOSTED:
        raise fault
    other = next_ready(task.operation, after=provider.info.name)
    if other is None:
        raise fault
    return other


def _make_with(run: Run, task: Task, provider: Any, *said: str) -> Making:
    info: ProviderInfo = provider.info
    refined, trouble = _refine(run, task, info)
    prompt = refined or task.prompt
    work = JobWork(run, provider=info.name)
    connections.release()  # the work may take minutes
    made = _CALLS[task.operation](provider, task, prompt, work)
    warnings = (*said, *trouble, *_unused_prompt(task, info), *made.warnings)
    return Making(made=made, info=info, prompt_used=prompt, refined_prompt=refined, warnings=warnings)


def _unused_prompt(task: Task, info: ProviderInfo) -> tuple[str, ...]:
    if task.prompt and task.operation in {Operation.BACKGROUND, Operation.FACE_SWAP}:
        return (f"The prompt was not used: {task.operation} works without one.",)
    if task.prompt and task.operation == Operation.OBJECT and not info.is_generative_ai:
        return (f"The prompt was not used: {info.title} fills from the surroundings alone.",)
    return ()


def _refine(run: Run, task: Task, info: ProviderInfo) -> tuple[str | None, tuple[str, ...]]:
    """Return the prompt as a text model would put it, and what went wrong with that; None: the original is used.

    Only for providers that are models themselves: the others take the words as they are. Done once for the job.
    """
    refiner = find_refiner() if info.is_generative_ai and task.operation in _REFINED and task.prompt else None
    if refiner is None:
        return None, ()

    calls: list[CallRecord] = []

    def refine() -> dict[str, Any]:
        run.progress(2, "Refining the prompt")
        left_s = run.time_left_s()
        try:
            text = refiner.refine(
                prompt=task.prompt,
                operation=task.operation,
                style=task.parameters.style or "",
                deadline_s=_REFINING_LIMIT_S if left_s is None else max(1.0, min(_REFINING_LIMIT_S, left_s / 4)),
                on_progress=lambda _percent, _message: run.check_cancelled(),
                on_call=calls.append,
            )
        except NightdeskError as fault:
            return {"prompt": None, "trouble": f"The prompt was used as it is. {fault.public_message}"}
        return {"prompt": text, "trouble": ""}

    found = run.step("refine the prompt", refine, cost_micros=lambda _: _cost_of(calls))
    return found["prompt"], (found["trouble"],) if found["trouble"] else ()


def _cost_of(calls: Sequence[CallRecord]) -> int | None:
    """Add up what calls cost; None where the price of one is not known."""
    costs = [call.cost_micros for call in calls]
    return None if not costs or None in costs else sum(cost for cost in costs if cost is not None)


# ---- one call an operation


def _generate(provider: Any, task: Task, prompt: str, work: JobWork) -> Made:
    asked = task.parameters
    request = GenerationRequest(
        prompt=prompt,
        width=asked.width or 0,
        height=asked.height or 0,
        seed=asked.seed or 0,
        style=asked.style or "",
    )
    made: Made = provider.generate(request, work)
    return made


def _swap_face(provider: Any, task: Task, _prompt: str, work: JobWork) -> Made:
    request = FaceSwapRequest(
        face=task.pictures["image"],
        target=task.pictures["target_image"],
        strength=_strength(task),
        seed=task.parameters.seed or 0,
    )
    made: Made = provider.swap_face(request, work)
    return made


def _remove_background(provider: Any, task: Task, _prompt: str, work: JobWork) -> Made:
    image = task.pictures["image"]
    made: Made = provider.remove_background(BackgroundRequest(image=image, box=_box(task, image)), work)
    return made


def _remove_object(provider: Any, task: Task, prompt: str, work: JobWork) -> Made:
    image = task.pictures["image"]
    request = ObjectRequest(image=image, mask=_hole(task, image), prompt=prompt, seed=task.parameters.seed or 0)
    made: Made = provider.remove_object(request, work)
    return made


def _transfer_style(provider: Any, task: Task, prompt: str, work: JobWork) -> Made:
    request = StyleRequest(
        image=task.pictures["image"],
        example=task.pictures.get("target_image"),
        style=task.parameters.style or "",
        prompt=prompt,
        strength=_strength(task),
        seed=task.parameters.seed or 0,
    )
    made: Made = provider.transfer_style(request, work)
    return made


_CALLS: Final[dict[Operation, Callable[[Any, Task, str, JobWork], Made]]] = {
    Operation.GENERATION: _generate,
    Operation.FACE_SWAP: _swap_face,
    Operation.BACKGROUND: _remove_background,
    Operation.OBJECT: _remove_object,
    Operation.STYLE: _transfer_style,
}


def _strength(task: Task) -> float:
    given = task.parameters.strength
    return 1.0 if given is None else given


def _box(task: Task, image: Pixels) -> tuple[int, int, int, int] | None:
    box = task.parameters.box
    if box is None:
        return None
    height, width = image.shape[:2]
    if not is_inside(box, width, height):
        raise Unsuitable(f"The box does not lie inside the image of {width} x {height} pixels.", field="box")
    return box[0], box[1], box[2], box[3]


def _hole(task: Task, image: Pixels) -> Mask:
    """Return what is to be removed: what the mask covers, and what lies in the box."""
    import numpy as np

    height, width = image.shape[:2]
    hole = np.zeros((height, width), dtype=np.bool_) if task.mask is None else task.mask.copy()
    if hole.shape != (height, width):
        raise Unsuitable(
            f"The mask has {hole.shape[1]} x {hole.shape[0]} pixels and the image {width} x {height}. "
            "Send a mask of the same size.",
            field="mask",
        )
    box = _box(task, image)
    if box is not None:
        hole[box[1] : box[3], box[0] : box[2]] = True
    if not hole.any():
        raise Unsuitable("The mask covers nothing. Paint over what is to go: white or opaque is removed.", field="mask")
    return hole
