"""What is done with pictures."""

from nightdesk.images.services.consent import (
    CONSENT_STATEMENT,
    allow_face_swap,
    face_swap_allowed,
    find_image_settings,
    note_consent,
)
from nightdesk.images.services.orders import KINDS, Received, check_order, queue_of, read_operation, receiving, submit_task
from nightdesk.images.services.parameters import Parameters, read_parameters
from nightdesk.images.services.performing import perform_task
from nightdesk.images.services.providers import ProviderState, list_providers
from nightdesk.images.services.results import MOST_INLINE_BYTES, ImageResult, end_task, find_result, present_result

__all__ = [
    "CONSENT_STATEMENT",
    "KINDS",
    "MOST_INLINE_BYTES",
    "ImageResult",
    "Parameters",
    "ProviderState",
    "Received",
    "allow_face_swap",
    "check_order",
    "end_task",
    "face_swap_allowed",
    "find_image_settings",
    "find_result",
    "list_providers",
    "note_consent",
    "perform_task",
    "present_result",
    "queue_of",
    "read_operation",
    "read_parameters",
    "receiving",
    "submit_task",
]
