"""Masks that something can be done with."""

from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.protocol import ObjectRequest


def check_mask(request: ObjectRequest) -> None:
    """Raise `Unsuitable` where the mask does not fit its picture, or covers nothing or everything of it."""
    if request.mask.shape != request.image.shape[:2]:
        raise Unsuitable("The mask must have the size of the picture. Draw it again.", field="mask")
    if not request.mask.any():
        raise Unsuitable("The mask covers nothing. Paint over what is to go.", field="mask")
    if request.mask.all():
        raise Unsuitable("The mask covers the whole picture. Leave something to go by.", field="mask")
