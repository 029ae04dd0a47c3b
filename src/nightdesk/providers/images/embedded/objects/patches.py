"""Compiled loops over patches of 7 x 7: PatchMatch (Barnes 2009) and the vote (Wexler 2007).

Arrays: `picture` (height, width, 5) float32: three colours and two channels of texture; `places` (n, 2) int32: rows and
columns of the patches to fill; `sources` (n, 2) int32: the patch that each of them takes; `costs` (n,) float32.
"""

from typing import Any

import numpy as np

from nightdesk.providers.images.embedded.compiling import compiled
from nightdesk.providers.images.embedded.drawing import draw

RADIUS = 3
CHANNELS = 5


@compiled
def measure(picture: Any, y: Any, x: Any, v: Any, u: Any, best: Any) -> Any:
    """Return the squared distance of two patches; stops early once it is above `best`."""
    total = np.float32(0)
    for dy in range(-RADIUS, RADIUS + 1):
        for dx in range(-RADIUS, RADIUS + 1):
            for channel in range(CHANNELS):
                apart = picture[y + dy, x + dx, channel] - picture[v + dy, u + dx, channel]
                total += apart * apart
        if total > best:
            return total
    return total


@compiled
def measure_all(picture: Any, places: Any, sources: Any, costs: Any, start: Any, stop: Any) -> None:
    """Write the distance of each place to its source into `costs`."""
    for i in range(start, stop):
        costs[i] = measure(picture, places[i, 0], places[i, 1], sources[i, 0], sources[i, 1], np.float32(1e30))


@compiled
def weigh(picture: Any, is_source: Any, y: Any, x: Any, v: Any, u: Any, best: Any) -> Any:
    """Return the distance to a patch, or `best` where there is no source."""
    height, width = is_source.shape
    if 0 <= v < height and 0 <= u < width and is_source[v, u]:
        return measure(picture, y, x, v, u, best)
    return best


@compiled
def search(
    picture: Any,
    is_source: Any,
    places: Any,
    numbers: Any,
    all_sources: Any,
    sources: Any,
    costs: Any,
    state: Any,
    backward: Any,
    start: Any,
    stop: Any,
) -> None:
    """Find better sources for the places `start` to `stop`: ask the neighbours, then look around, then anywhere.

    `numbers` gives for each pixel its place's number, or -1; it is -1 at the rim. Going backward, places are taken from
    the end.
    """
    step = 1 if backward else -1
    for k in range(start, stop):
        i = places.shape[0] - 1 - k if backward else k
        y, x = places[i, 0], places[i, 1]
        best, best_v, best_u = costs[i], sources[i, 0], sources[i, 1]
        for side in range(2):
            dy, dx = (step, 0) if side == 0 else (0, step)
            neighbour = numbers[y + dy, x + dx]
            if neighbour >= 0:
                v, u = sources[neighbour, 0] - dy, sources[neighbour, 1] - dx
                cost = weigh(picture, is_source, y, x, v, u, best)
                if cost < best:
                    best, best_v, best_u = cost, v, u
        reach = max(is_source.shape)
        while reach >= 1:
            v = best_v + draw(state, 2 * reach + 1) - reach
            u = best_u + draw(state, 2 * reach + 1) - reach
            cost = weigh(picture, is_source, y, x, v, u, best)
            if cost < best:
                best, best_v, best_u = cost, v, u
            reach //= 2
        anywhere = draw(state, all_sources.shape[0])
        cost = measure(picture, y, x, all_sources[anywhere, 0], all_sources[anywhere, 1], best)
        if cost < best:
            best, best_v, best_u = cost, all_sources[anywhere, 0], all_sources[anywhere, 1]
        costs[i], sources[i, 0], sources[i, 1] = best, best_v, best_u


@compiled
def vote(
    picture: Any,
    hole: Any,
    places: Any,
    sources: Any,
    costs: Any,
    trust: Any,
    spread: Any,
    sums: Any,
    weights: Any,
    start: Any,
    stop: Any,
) -> None:
    """Let each place's source say what the pixels of the hole under it should be; sums go to `sums` and `weights`."""
    for i in range(start, stop):
        y, x, v, u = places[i, 0], places[i, 1], sources[i, 0], sources[i, 1]
        weight = np.exp(-costs[i] / spread) * trust[y, x] + np.float32(1e-8)
        for dy in range(-RADIUS, RADIUS + 1):
            for dx in range(-RADIUS, RADIUS + 1):
                if hole[y + dy, x + dx]:
                    for channel in range(CHANNELS):
                        sums[y + dy, x + dx, channel] += weight * picture[v + dy, u + dx, channel]
                    weights[y + dy, x + dx] += weight
