"""Who does the work on pictures."""

from nightdesk.images.tasks.operations import (
    process_background_removal,
    process_face_swap,
    process_image_generation,
    process_object_removal,
    process_style_transfer,
)

__all__ = [
    "process_background_removal",
    "process_face_swap",
    "process_image_generation",
    "process_object_removal",
    "process_style_transfer",
]
