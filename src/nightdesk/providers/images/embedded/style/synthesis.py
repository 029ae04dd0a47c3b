"""A picture repainted from patches of an example, from coarse to fine.

After Elad and Milanfar, "Style Transfer via Texture Synthesis", 2017: each patch is replaced by the nearest of the
example, overlapping ones vote, and what has edges is pulled back to the picture.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Work

#: Levels: the scale's divisor, the radius of patches, rounds of search and vote.
_LEVELS: Final = ((4, 6, 3), (2, 5, 3), (1, 4, 2))
_PASSES: Final = 3
#: What taking the same patch again costs, as a mean squared difference of colours.
_BIAS: Final = 4.0
#: Places searched between two looks at whether to stop: about 0.1 s.
_CHUNK: Final = 2500

OnLevel = Callable[[int, int], None]


def repaint(content: Floats, example: Floats, strength: float, seed: int, work: Work, on_level: OnLevel) -> Floats:
    """Return `content` (0 to 255, at most about 1 MP) painted with patches of `example`."""
    import cv2

    height, width = content.shape[:2]
    edges = _find_edges(content)
    current: Any = None
    for number, (divisor, radius, rounds) in enumerate(_LEVELS):
        size = (max(2 * radius + 2, width // divisor), max(2 * radius + 2, height // divisor))
        wanted: Any = cv2.resize(content, size, interpolation=cv2.INTER_AREA)
        kept = (1 - strength) + 0.6 * strength * cv2.resize(edges, size)[..., None]
        pattern = _shrink_example(example, divisor, radius)
        start: Any = wanted if current is None else cv2.resize(current, size, interpolation=cv2.INTER_CUBIC)
        current = _paint_level(start, wanted, kept * 0.6, pattern, (radius, rounds), seed + number, work)
        on_level(number + 1, len(_LEVELS))
    if current.shape != content.shape:  # a picture smaller than a patch was enlarged to one
        current = cv2.resize(current, (width, height), interpolation=cv2.INTER_AREA)
    painted: Floats = np.clip(current, 0, 255)
    return painted


def _find_edges(content: Floats) -> Floats:
    import cv2

    grey = cv2.cvtColor(content, cv2.COLOR_RGB2GRAY)
    strength = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    strength = cv2.GaussianBlur(strength, (0, 0), 4)
    scaled: Floats = np.clip(strength / (float(np.percentile(strength, 92)) + 1e-3), 0, 1).astype(np.float32)
    return scaled


def _shrink_example(example: Floats, divisor: int, radius: int) -> Floats:
    import cv2

    least = 4 * radius + 2
    size = (max(least, example.shape[1] // divisor), max(least, example.shape[0] // divisor))
    return np.ascontiguousarray(cv2.resize(example, size, interpolation=cv2.INTER_AREA))


def _paint_level(
    start: Floats, wanted: Floats, kept: Floats, example: Floats, effort: tuple[int, int], seed: int, work: Work
) -> Floats:
    import cv2

    from nightdesk.providers.images.embedded.drawing import make_state

    radius, rounds = effort
    current = start
    random = make_state(seed)
    generator = np.random.default_rng(abs(seed))
    rows, columns = _lay_grid(start.shape[0], radius), _lay_grid(start.shape[1], radius)
    sources = np.stack(
        [generator.integers(radius, side - radius, (len(rows), len(columns))) for side in example.shape[:2]], axis=-1
    ).astype(np.int32)
    for _ in range(rounds):
        current = current * (1 - kept) + wanted * kept
        framed = cv2.copyMakeBorder(current, *(radius,) * 4, cv2.BORDER_REFLECT_101).astype(np.float32)
        painted = _search_and_vote(framed, example, (rows, columns, sources), radius, random, work)
        current = painted[radius:-radius, radius:-radius]
    return current


def _lay_grid(length: int, radius: int) -> Any:
    """Return the centres of the places along a side, in the picture with its border; the last one reaches the end."""
    places = np.arange(radius, length + radius, max(1, radius // 2), dtype=np.int32)
    places[-1] = length + radius - 1
    return places


def _search_and_vote(
    framed: Floats, example: Floats, grid: tuple[Any, Any, Any], radius: int, random: Any, work: Work
) -> Floats:
    from nightdesk.providers.images.embedded.style import patches

    rows, columns, sources = grid
    side = 2 * radius + 1
    bias = np.float32(_BIAS * side * side)
    costs = np.empty((len(rows), len(columns)), np.float32)
    uses = np.zeros(example.shape[:2], np.float32)
    np.add.at(uses, (sources[..., 0], sources[..., 1]), 1)
    many = max(1, _CHUNK // len(columns))
    chunks = [(start, min(len(rows), start + many)) for start in range(0, len(rows), many)]
    for chunk in chunks:
        patches.measure_all(framed, example, rows, columns, sources, costs, radius, *chunk)
    for number in range(_PASSES):
        for chunk in chunks:
            work.check()
            patches.search(
                framed, example, rows, columns, sources, costs, uses, radius, bias, random, number % 2 == 1, *chunk
            )
    near = np.arange(-radius, radius + 1, dtype=np.float32)
    weights = np.exp(-(near[:, None] ** 2 + near**2) / np.float32(0.6 * radius * radius))
    sums, totals = np.zeros(framed.shape, np.float32), np.zeros(framed.shape[:2], np.float32)
    for chunk in chunks:
        work.check()
        patches.vote(example, rows, columns, sources, costs, weights, radius, sums, totals, *chunk)
    return sums / np.maximum(totals, 1e-9)[..., None]
