"""Who does the jobs of pictures."""

from nightdesk.images.tasks.operations import (
    process_background_removal,
    process_face_swap,
    process_image_generation,
    process_object_removal,
    process_style_transfer,
)
from nightdesk.images.tasks.screenshots import capture_screenshot
from nightdesk.images.tasks.uploads import process_uploaded_image, sweep_files_task

__all__ = [
    "capture_screenshot",
    "process_background_removal",
    "process_face_swap",
    "process_image_generation",
    "process_object_removal",
    "process_style_transfer",
    "process_uploaded_image",
    "sweep_files_task",
]
