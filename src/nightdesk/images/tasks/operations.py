"""Who does image tasks: generation, face swap, background and object removal, style transfer."""

from functools import partial
from typing import Any

from django.conf import settings

from nightdesk.engine.arguments import amend
from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.enqueue import routes
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.images import services
from nightdesk.images.jobs import (
    ProcessBackgroundRemoval,
    ProcessFaceSwap,
    ProcessImageGeneration,
    ProcessObjectRemoval,
    ProcessStyleTransfer,
)
from nightdesk.images.services import ImageResult
from nightdesk.providers.images.protocol import Operation

for _operation, _kind in services.KINDS.items():
    amend(_kind, result_ttl_s=settings.RESULT_EXPIRES_S)
    routes(_kind)(partial(services.queue_of, _operation))


@handles(ProcessImageGeneration)
def process_image_generation(job: ProcessImageGeneration, run: Run) -> ImageResult:
    """Make a picture from a prompt."""
    return _perform(Operation.GENERATION, run, prompt=job.prompt, parameters=job.parameters)


@handles(ProcessFaceSwap)
def process_face_swap(job: ProcessFaceSwap, run: Run) -> ImageResult:
    """Put the face of one picture into another."""
    return _perform(
        Operation.FACE_SWAP,
        run,
        prompt=job.prompt,
        image=job.image,
        target_image=job.target_image,
        parameters=job.parameters,
    )


@handles(ProcessBackgroundRemoval)
def process_background_removal(job: ProcessBackgroundRemoval, run: Run) -> ImageResult:
    """Remove the background of a picture."""
    return _perform(Operation.BACKGROUND, run, prompt=job.prompt, image=job.image, parameters=job.parameters)


@handles(ProcessObjectRemoval)
def process_object_removal(job: ProcessObjectRemoval, run: Run) -> ImageResult:
    """Remove what a mask or a box covers."""
    return _perform(Operation.OBJECT, run, prompt=job.prompt, image=job.image, mask=job.mask, parameters=job.parameters)


@handles(ProcessStyleTransfer)
def process_style_transfer(job: ProcessStyleTransfer, run: Run) -> ImageResult:
    """Give a picture another look."""
    return _perform(
        Operation.STYLE,
        run,
        prompt=job.prompt,
        image=job.image,
        target_image=job.target_image,
        parameters=job.parameters,
    )


def _perform(
    operation: Operation, run: Run, *, prompt: str, parameters: dict[str, Any], **pictures: str | None
) -> ImageResult:
    return services.perform_task(run=run, operation=operation, prompt=prompt, pictures=pictures, parameters=parameters)


@when_ended(*services.KINDS.values())
def image_task_ended(end: JobEnd) -> None:
    """Let go of what the job leaves behind."""
    services.end_task(end=end)
