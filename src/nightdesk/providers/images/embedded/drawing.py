"""Random numbers inside compiled loops: a state of our own, so that a seed gives the same picture in every process."""

from typing import Any

import numpy as np

from nightdesk.providers.images.embedded.compiling import compiled


def make_state(seed: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return the state that `draw` moves on, for any whole number as the seed."""
    mixed = np.random.SeedSequence(abs(seed)).generate_state(1, np.uint64)
    return np.maximum(mixed, np.uint64(1))


@compiled
def draw(state: Any, below: Any) -> Any:
    """Return a whole number from 0 to `below` - 1 (xorshift64, Marsaglia 2003)."""
    value = state[0]
    value ^= value << np.uint64(13)
    value ^= value >> np.uint64(7)
    value ^= value << np.uint64(17)
    state[0] = value
    return np.int64((value >> np.uint64(33)) % np.uint64(below))
