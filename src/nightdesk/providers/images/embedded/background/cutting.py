"""From a clue to a mask, at the small size: GrabCut (Rother, Kolmogorov, Blake 2004)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.embedded.background.clues import Backdrop
from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Box, Pixels, Work

Marks = NDArray[np.uint8]
#: What GrabCut knows of the colours behind and in front.
Colours = tuple[NDArray[np.float64], NDArray[np.float64]]

#: So far from the coarse outline, in pixels of the small size, GrabCut looks for the exact one.
_NEAR_PX: Final = 4
#: The model of people speaks of what is in a box when it is sure of this share of it.
_SOMEBODY_IN_BOX: Final = 0.2
#: Pieces smaller than this share of the largest are crumbs.
_CRUMB: Final = 0.08
#: Holes smaller than this share of the picture are closed; larger ones are holes of the subject (the arms of a chair).
_PINHOLE: Final = 0.003


def cut_by_box(rgb: Pixels, box: Box, person: Floats, work: Work) -> Floats:
    """Cut out what is inside the box and unlike what is around it; where the model of people is sure, it has its say."""
    import cv2

    x0, y0, x1, y1 = box
    marks = np.full(rgb.shape[:2], cv2.GC_BGD, np.uint8)
    inner = (slice(max(0, y0), y1), slice(max(0, x0), x1))
    marks[inner] = cv2.GC_PR_FGD
    if float((person[inner] > 0.7).mean()) > _SOMEBODY_IN_BOX:
        within, sure = marks[inner], person[inner]
        within[sure < 0.3] = cv2.GC_PR_BGD
        within[sure < 0.05] = cv2.GC_BGD
        within[sure > 0.9] = cv2.GC_FGD
    return _grab_whole(rgb, marks, 2, work)  # a box is a vague clue: all of it stays open to the last


def cut_from_backdrop(rgb: Pixels, backdrop: Backdrop, person: Floats, work: Work) -> Floats:
    """Cut out what differs from a plain backdrop; a person is kept where clothes and backdrop are alike."""
    import cv2

    likely = 1 - np.exp(-((backdrop.distance / 14) ** 2))
    if float((person > 0.6).mean()) > 0.02:
        likely = np.maximum(likely, 0.9 * person)
    marks = np.full(likely.shape, cv2.GC_PR_BGD, np.uint8)
    marks[likely > 0.5] = cv2.GC_PR_FGD
    marks[likely > 0.9] = cv2.GC_FGD
    marks[(backdrop.distance < 5) & (person < 0.5)] = cv2.GC_BGD
    return _grab(rgb, marks, 2, work)


def cut_from_clue(rgb: Pixels, clue: Floats, work: Work, *, high: float, low: float, rounds: int) -> Floats:
    """Cut along colours; above `high` a pixel is surely the subject's, below `low` surely not."""
    import cv2

    otsu = cv2.threshold((clue * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)[0] / 255
    middle = float(np.clip(otsu, 0.25, 0.6))
    marks = np.full(clue.shape, cv2.GC_PR_BGD, np.uint8)
    marks[clue > middle] = cv2.GC_PR_FGD
    marks[clue > max(high, middle + 0.2)] = cv2.GC_FGD
    marks[clue < min(low, middle - 0.1)] = cv2.GC_BGD
    return _grab(rgb, marks, rounds, work)


def _grab(rgb: Pixels, marks: Marks, rounds: int, work: Work) -> Floats:
    """Let GrabCut decide: the colours and the outline are found at half the size, then the outline is followed exactly.

    That takes a third of the time of the same rounds at full size, and loses nothing where the clue is a good one.
    """
    import cv2

    height, width = marks.shape
    size = max(1, width // 2), max(1, height // 2)
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    coarse = np.asarray(cv2.resize(marks, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    if not _is_open(coarse):
        return _grab_whole(rgb, marks, rounds, work)
    colours = _run_rounds(small, coarse, rounds, work)
    marks = _narrow(marks, (coarse & 1) == 1)
    if _is_open(marks):
        _run_rounds(rgb, marks, 1, work, colours)
    return _drop_crumbs((marks & 1) == 1)


def _grab_whole(rgb: Pixels, marks: Marks, rounds: int, work: Work) -> Floats:
    """Let GrabCut decide at full size."""
    if _is_open(marks):
        _run_rounds(rgb, marks, rounds, work)
    return _drop_crumbs((marks & 1) == 1)


def _run_rounds(rgb: Pixels, marks: Marks, rounds: int, work: Work, colours: Colours | None = None) -> Colours:
    """Improve the marks in place, one round a call so that the run can be stopped between them; return the colours found."""
    import cv2

    behind, front = colours or (np.zeros((1, 65)), np.zeros((1, 65)))
    mode = cv2.GC_INIT_WITH_MASK if colours is None else cv2.GC_EVAL
    cv2.setRNGSeed(0)  # its k-means draws from a generator of the process
    for _ in range(rounds):
        work.check()
        cv2.grabCut(rgb, marks, (0, 0, 1, 1), behind, front, 1, mode)
        mode = cv2.GC_EVAL
    return behind, front


def _is_open(marks: Marks) -> bool:
    """Whether there is anything on both sides."""
    inside = (marks & 1) == 1
    return bool(inside.any()) and not bool(inside.all())


def _narrow(marks: Marks, coarse: NDArray[np.bool_]) -> Marks:
    """Take over a coarse answer; only near its outline anything is left to decide."""
    import cv2

    height, width = marks.shape
    answer = cv2.resize(coarse.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    side = np.ones((2 * _NEAR_PX + 1, 2 * _NEAR_PX + 1), np.uint8)
    sure_front, sure_behind = cv2.erode(answer, side) > 0, cv2.dilate(answer, side) == 0
    likely = np.where(answer > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    near = np.where(sure_front, cv2.GC_FGD, np.where(sure_behind, cv2.GC_BGD, likely))
    return np.where(marks > 1, near, marks).astype(np.uint8)


def _drop_crumbs(inside: NDArray[np.bool_]) -> Floats:
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=8)
    if count <= 1:
        return inside.astype(np.float32)
    areas: NDArray[np.int32] = np.asarray(stats, np.int32)[:, cv2.CC_STAT_AREA]
    kept = areas >= _CRUMB * areas[1:].max()
    kept[0] = False
    mask: NDArray[np.uint8] = kept[labels].astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    closed = stats[:, cv2.CC_STAT_AREA] < _PINHOLE * mask.size
    closed[0] = False
    mask[closed[labels]] = 1
    return mask.astype(np.float32)
