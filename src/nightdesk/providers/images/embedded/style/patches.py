"""Compiled loops over patches of an example: PatchMatch (Barnes 2009) on a grid, and the vote (Elad, Milanfar 2017).

Arrays: `picture` (height, width, 3) float32, with a border of `radius`; `example` the same without one; `rows` and
`columns` int32: centres of the places, a grid; `sources` (rows, columns, 2) int32; `costs` (rows, columns) float32;
`uses` (height, width) float32 of the example: how many places take a patch, so that one patch is not everywhere.
"""

from typing import Any

import numpy as np

from nightdesk.providers.images.embedded.compiling import compiled
from nightdesk.providers.images.embedded.drawing import draw


@compiled
def measure(picture: Any, example: Any, y: Any, x: Any, v: Any, u: Any, radius: Any, best: Any) -> Any:
    """Return the squared distance of two patches; stops early once it is above `best`."""
    total = np.float32(0)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            for channel in range(3):
                apart = picture[y + dy, x + dx, channel] - example[v + dy, u + dx, channel]
                total += apart * apart
        if total > best:
            return total
    return total


@compiled
def measure_all(
    picture: Any, example: Any, rows: Any, columns: Any, sources: Any, costs: Any, radius: Any, start: Any, stop: Any
) -> None:
    """Write the distance of each place in the rows `start` to `stop` to its source into `costs`."""
    for i in range(start, stop):
        for j in range(columns.size):
            v, u = sources[i, j, 0], sources[i, j, 1]
            costs[i, j] = measure(picture, example, rows[i], columns[j], v, u, radius, np.float32(1e30))


@compiled
def weigh(
    picture: Any, example: Any, y: Any, x: Any, v: Any, u: Any, radius: Any, uses: Any, bias: Any, best: Any
) -> Any:
    """Return the distance to a patch and what its wear costs, or `best` where there is no patch."""
    height, width = uses.shape
    if radius <= v < height - radius and radius <= u < width - radius:
        worn = bias * uses[v, u]
        return measure(picture, example, y, x, v, u, radius, best - worn) + worn
    return best


@compiled
def search(
    picture: Any,
    example: Any,
    rows: Any,
    columns: Any,
    sources: Any,
    costs: Any,
    uses: Any,
    radius: Any,
    bias: Any,
    state: Any,
    backward: Any,
    start: Any,
    stop: Any,
) -> None:
    """Find better sources for the rows of places `start` to `stop`; going backward, rows are taken from the end."""
    count_y, count_x = rows.size, columns.size
    step = 1 if backward else -1
    for k in range(start, stop):
        i = count_y - 1 - k if backward else k
        for m in range(count_x):
            j = count_x - 1 - m if backward else m
            y, x = rows[i], columns[j]
            best_v, best_u = sources[i, j, 0], sources[i, j, 1]
            uses[best_v, best_u] -= 1
            best = costs[i, j] + bias * uses[best_v, best_u]
            for side in range(2):
                near_i, near_j = (i + step, j) if side == 0 else (i, j + step)
                if 0 <= near_i < count_y and 0 <= near_j < count_x:
                    v = sources[near_i, near_j, 0] + (y - rows[near_i])
                    u = sources[near_i, near_j, 1] + (x - columns[near_j])
                    cost = weigh(picture, example, y, x, v, u, radius, uses, bias, best)
                    if cost < best:
                        best, best_v, best_u = cost, v, u
            reach = max(uses.shape)
            while reach >= 1:
                v = best_v + draw(state, 2 * reach + 1) - reach
                u = best_u + draw(state, 2 * reach + 1) - reach
                cost = weigh(picture, example, y, x, v, u, radius, uses, bias, best)
                if cost < best:
                    best, best_v, best_u = cost, v, u
                reach //= 2
            sources[i, j, 0], sources[i, j, 1] = best_v, best_u
            costs[i, j] = best - bias * uses[best_v, best_u]
            uses[best_v, best_u] += 1


@compiled
def vote(
    example: Any,
    rows: Any,
    columns: Any,
    sources: Any,
    costs: Any,
    weights: Any,
    radius: Any,
    sums: Any,
    totals: Any,
    start: Any,
    stop: Any,
) -> None:
    """Lay each place's source over the picture; near patches weigh more. `weights` falls off from a patch's middle."""
    for i in range(start, stop):
        for j in range(columns.size):
            trust = (costs[i, j] + np.float32(1)) ** np.float32(-0.6)
            for dy in range(-radius, radius + 1):
                for dx in range(-radius, radius + 1):
                    weight = trust * weights[dy + radius, dx + radius]
                    for channel in range(3):
                        sums[rows[i] + dy, columns[j] + dx, channel] += (
                            weight * example[sources[i, j, 0] + dy, sources[i, j, 1] + dx, channel]
                        )
                    totals[rows[i] + dy, columns[j] + dx] += weight
