"""A hole filled from coarse to fine with patches of its surroundings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Mask, Work

#: Each level has sides 1.6 times those of the level below; the coarsest hole is 2.5 px deep.
_STEP: Final = 1.6
_COARSEST_DEPTH: Final = 2.5
_SMALLEST_SIDE: Final = 32
#: Rounds of search and vote, and passes of the search in each: at the coarsest, between, at the finest.
_ROUNDS: Final = (14, 5, 2)
_PASSES: Final = (4, 2, 2)
#: The vote listens to patches up to this percentile of the distances; in the very last round to fewer, which is sharper.
_TRUSTED: Final = 75
_TRUSTED_LAST: Final = 10
#: How much texture counts beside colour (after Newson 2014).
_TEXTURE_WEIGHT: Final = 1.5
#: With fewer patches to take from, a level would only repeat the same few.
_LEAST_SOURCES: Final = 64
#: So many patches are searched between two looks at whether to stop: about 0.1 s.
_CHUNK: Final = 4000


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled window: colours, and for each pixel of the hole how far away its source lies (rows, columns)."""

    colours: Floats
    offsets: Floats


OnLevel = Callable[[int, int], None]


def synthesize(colours: Floats, hole: Mask, seed: int, work: Work, on_level: OnLevel) -> Filled | None:
    """Fill the hole of a window of at most 0.5 MP; None: there is nothing to take patches from.

    `on_level` is told the number of levels that are done, and of all.
    """
    import cv2

    texture = _describe_texture(colours, hole)
    sizes = _plan_sizes(hole)
    cover = hole.astype(np.float32)
    current: Any = None
    filled: Filled | None = None
    for number, (height, width) in enumerate(reversed(sizes)):
        picture = np.dstack([_resize(colours, width, height), _resize(texture, width, height)]).astype(np.float32)
        holes = _resize(cover, width, height) > 0.02
        if current is None:
            guess = _guess(picture, holes)
        else:
            guess = cv2.resize(current, (width, height), interpolation=cv2.INTER_CUBIC)
        picture[holes] = guess[holes]
        stage = 0 if number == 0 else 2 if number == len(sizes) - 1 else 1
        effort = (_ROUNDS[stage], _PASSES[stage], _TRUSTED_LAST if stage == 2 else _TRUSTED)
        offsets = _fill_level(picture, holes, filled, effort, seed, work)
        if offsets is not None:  # else the hole and its rim cover all of this level; the next one has more to take from
            filled = Filled(np.ascontiguousarray(picture[..., :3]), offsets)
        current = picture
        on_level(number + 1, len(sizes))
    return filled


def _plan_sizes(hole: Mask) -> list[tuple[int, int]]:
    import cv2

    sizes = [(int(hole.shape[0]), int(hole.shape[1]))]
    depth = float(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3).max())
    while depth > _COARSEST_DEPTH and min(sizes[-1]) > _SMALLEST_SIDE:
        height, width = sizes[-1]
        sizes.append((int(height / _STEP), int(width / _STEP)))
        depth /= _STEP
    return sizes


def _resize(values: Any, width: int, height: int) -> Any:
    import cv2

    return cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)


def _describe_texture(colours: Floats, hole: Mask) -> Floats:
    """Return mean strengths of the horizontal and of the vertical gradient, as two channels; the hole has no say."""
    import cv2

    grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    known = (cv2.dilate(hole.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0).astype(np.float32)
    side = (15, 15)
    seen = cv2.boxFilter(known, -1, side) + 1e-3
    channels = []
    for dx, dy in ((1, 0), (0, 1)):
        strength = np.abs(cv2.Sobel(grey, cv2.CV_32F, dx, dy, ksize=3)) / 4
        channels.append(cv2.boxFilter(strength * known, -1, side) / seen * _TEXTURE_WEIGHT)
    return np.dstack(channels).astype(np.float32)


def _guess(picture: Floats, hole: Mask) -> Floats:
    """Fill each channel smoothly, as a start for the coarsest level."""
    import cv2

    mask = hole.astype(np.uint8)
    channels = [
        cv2.inpaint(
            np.ascontiguousarray(picture[..., channel]).clip(0, 255).astype(np.uint8), mask, 3, cv2.INPAINT_TELEA
        )
        for channel in range(picture.shape[2])
    ]
    return np.dstack(channels).astype(np.float32)


def _fill_level(
    picture: Floats, hole: Mask, coarser: Filled | None, effort: tuple[int, int, int], seed: int, work: Work
) -> Floats | None:
    """Search and vote in turns, in place; return the offsets of the hole's pixels."""
    import cv2

    from nightdesk.providers.images.embedded.objects import patches

    height, width = hole.shape
    reach = patches.RADIUS
    touched = cv2.dilate(hole.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    inside = np.zeros_like(hole)
    inside[reach : height - reach, reach : width - reach] = True
    is_source = inside & ~touched
    places = np.argwhere(touched & inside).astype(np.int32)
    all_sources = np.argwhere(is_source).astype(np.int32)
    if not len(places) or len(all_sources) < _LEAST_SOURCES:
        return None
    sources = _start_sources(places, all_sources, is_source, coarser, seed)
    trust = (1.3 ** -cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)).astype(np.float32)
    _alternate(picture, hole, (places, sources, all_sources, is_source, trust), effort, seed, work)
    offsets = np.zeros((height, width, 2), np.float32)
    offsets[places[:, 0], places[:, 1]] = sources - places
    return offsets


def _start_sources(
    places: NDArray[np.int32],
    all_sources: NDArray[np.int32],
    is_source: Mask,
    coarser: Filled | None,
    seed: int,
) -> NDArray[np.int32]:
    """Take over what the coarser level found, where it is a source here too; else draw."""
    import cv2

    drawn = np.random.default_rng(abs(seed)).integers(0, len(all_sources), len(places))
    sources = all_sources[drawn].copy()
    if coarser is None:
        return sources
    height, width = is_source.shape
    scale = np.array([height, width]) / np.array(coarser.offsets.shape[:2])
    offsets = cv2.resize(coarser.offsets, (width, height), interpolation=cv2.INTER_NEAREST)
    wanted = places + np.rint(offsets[places[:, 0], places[:, 1]] * scale).astype(np.int32)
    within = ((wanted >= 0) & (wanted < [height, width])).all(axis=1)
    within[within] = is_source[wanted[within, 0], wanted[within, 1]]
    sources[within] = wanted[within]
    return sources


def _alternate(
    picture: Floats,
    hole: Mask,
    state: tuple[Any, Any, Any, Any, Any],
    effort: tuple[int, int, int],
    seed: int,
    work: Work,
) -> None:
    from nightdesk.providers.images.embedded.drawing import make_state
    from nightdesk.providers.images.embedded.objects import patches

    places, sources, all_sources, is_source, trust = state
    rounds, passes, trusted = effort
    numbers = np.full(hole.shape, -1, np.int32)
    numbers[places[:, 0], places[:, 1]] = np.arange(len(places))
    costs = np.empty(len(places), np.float32)
    random = make_state(seed)
    chunks = [(start, min(len(places), start + _CHUNK)) for start in range(0, len(places), _CHUNK)]
    for number_of_round in range(rounds):
        for chunk in chunks:
            patches.measure_all(picture, places, sources, costs, *chunk)
        for number in range(passes):
            for chunk in chunks:
                work.check()
                patches.search(
                    picture, is_source, places, numbers, all_sources, sources, costs, random, number % 2 == 1, *chunk
                )
        spread = np.float32(
            max(50.0, float(np.percentile(costs, trusted if number_of_round == rounds - 1 else _TRUSTED)))
        )
        sums, weights = np.zeros(picture.shape, np.float32), np.zeros(hole.shape, np.float32)
        for chunk in chunks:
            patches.vote(picture, hole, places, sources, costs, trust, spread, sums, weights, *chunk)
        voted = hole & (weights > 0)
        picture[voted] = sums[voted] / weights[voted, None]
