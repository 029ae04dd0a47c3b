"""The size at which a diffusion model works, and the way to the size that was asked for."""

import math
from typing import Any, Final

import numpy as np

from nightdesk.providers.images.models.scaling import scale_pixels
from nightdesk.providers.images.protocol import Pixels

#: Sides are multiples of this: 8 for the autoencoders of SD and SDXL, twice that for Flux.
_MULTIPLE: Final = 16
#: A model makes mush below half of the area it was trained with, and repeats itself above so much more.
_LEAST_SHARE: Final = 0.5
_MOST_SHARE: Final = 1.3
#: Where a pipeline does not say what it was trained with.
_USUAL_SIDE: Final = 1024


def native_side(pipeline: Any) -> int:
    """Return the side of the squares that this pipeline was trained with, in pixels."""
    network = pipeline.components.get("unet")
    latent = getattr(network.config, "sample_size", None) if network is not None else None
    latent = latent or getattr(pipeline, "default_sample_size", None)
    return int(latent) * int(pipeline.vae_scale_factor) if isinstance(latent, int) else _USUAL_SIDE


def working_size(width: int, height: int, *, native: int) -> tuple[int, int]:
    """Return the width and height to work at: of the same shape, near the model's own area, in multiples of 16."""
    share = width * height / native**2
    scale = 1.0
    if not _LEAST_SHARE <= share <= _MOST_SHARE:
        scale = 1 / math.sqrt(share)
    return _round(width * scale), _round(height * scale)


def fit(picture: Pixels, width: int, height: int) -> Pixels:
    """Bring a picture to exactly this size: scaled until it covers it, what stands over cut off evenly."""
    given_height, given_width = picture.shape[:2]
    if (given_width, given_height) == (width, height):
        return picture
    scale = max(width / given_width, height / given_height)
    size = max(width, round(given_width * scale)), max(height, round(given_height * scale))
    scaled = scale_pixels(picture, *size)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def _round(side: float) -> int:
    return max(_MULTIPLE, round(side / _MULTIPLE) * _MULTIPLE)
