"""Who does the jobs of pictures."""

from nightdesk.images.tasks.operations import (
    process_background_removal,
    process_face_swap,
    process_image_generation,
    process_object_removal,
    process_style_transfer,
)
from nightdesk.images.tasks.uploads import process_uploaded_image, sweep_files_task

__all__ = [
    "process_background_removal",
    "process_face_swap",
    "process_image_generation",
    "process_object_removal",
    "process_style_transfer",
    "process_uploaded_image",
    "sweep_files_task",
]
