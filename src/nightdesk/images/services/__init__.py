"""What is done with pictures."""

from nightdesk.images.services.consent import (
    CONSENT_STATEMENT,
    allow_face_swap,
    face_swap_allowed,
    find_image_settings,
    note_consent,
)
from nightdesk.images.services.orders import submit_task
from nightdesk.images.services.results import MOST_INLINE_BYTES, ImageResult, find_result, present_result

__all__ = [
    "CONSENT_STATEMENT",
    "MOST_INLINE_BYTES",
    "ImageResult",
    "allow_face_swap",
    "face_swap_allowed",
    "find_image_settings",
    "find_result",
    "note_consent",
    "present_result",
    "submit_task",
]
