"""The target's light and the source's detail, with a soft edge."""

from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats, to_bytes
from nightdesk.providers.images.protocol import Mask, Pixels

#: In shares of the width of the face.
_LIGHT_SPREAD: Final = 0.16  # what is smoother than this is light, what is finer is detail
_FEATHER: Final = 0.025
_INSET: Final = 0.03
#: The contrast of the source's detail follows the target's, within these bounds.
_GAIN: Final = (0.75, 1.3)


def blend_face(target: Pixels, face: Floats, shape: Mask, covered: Mask, width_px: float, strength: float) -> Pixels:
    """Put a warped face into a window of the target; `shape` is the outline of the target's face."""
    import cv2

    inset = max(1, int(width_px * _INSET))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * inset + 1, 2 * inset + 1))
    core = cv2.erode((shape & covered).astype(np.uint8), kernel, borderValue=0) > 0
    if not core.any():
        return target
    coloured = _take_light(target, face, core, width_px)
    share = cv2.GaussianBlur(core.astype(np.float32), (0, 0), max(1.5, width_px * _FEATHER))
    share = np.minimum(share, cv2.GaussianBlur(shape.astype(np.float32), (0, 0), 1.0)) * np.float32(strength)
    return to_bytes(target * (1 - share[..., None]) + coloured * share[..., None])


def _take_light(target: Pixels, face: Floats, core: Mask, width_px: float) -> Floats:
    """Swap the low band of the face for the target's."""
    import cv2

    lab_target = cv2.cvtColor(target.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab_face = cv2.cvtColor(np.clip(face, 0, 255) / np.float32(255), cv2.COLOR_RGB2LAB)
    low_target = _blur_known(lab_target, core, width_px * _LIGHT_SPREAD)
    low_face = _blur_known(lab_face, core, width_px * _LIGHT_SPREAD)
    spread = float(lab_target[core][:, 0].std()) / (float(lab_face[core][:, 0].std()) + 1e-3)
    gain = np.array([np.clip(spread, *_GAIN), 1, 1], np.float32)
    joined = low_target + (lab_face - low_face) * gain
    rgb: Any = cv2.cvtColor(joined.astype(np.float32), cv2.COLOR_LAB2RGB)
    scaled: Floats = np.clip(rgb, 0, 1) * np.float32(255)
    return scaled


def _blur_known(values: Any, known: Mask, spread: float) -> Floats:
    import cv2

    weight = known.astype(np.float32)
    total = cv2.GaussianBlur(values * weight[..., None], (0, 0), spread)
    blurred: Floats = total / np.maximum(cv2.GaussianBlur(weight, (0, 0), spread)[..., None], 1e-3)
    return blurred
