"""Loops over patches, compiled by numba when their module is first imported."""

from collections.abc import Callable
from typing import Any, TypeVar

Compiled = TypeVar("Compiled", bound=Callable[..., Any])


def compiled(function: Compiled) -> Compiled:
    """Compile a loop; machine code is kept beside the module, else in the user's cache, else in this process only.

    Only modules of loops use this, and they are imported inside the operations: numba takes half a second to load, and
    the first call of each loop compiles for about two. Without the interpreter's lock, so heartbeats go on meanwhile.
    """
    from numba import njit

    try:
        made: Any = njit(cache=True, fastmath=True, nogil=True)(function)
    except RuntimeError:  # "no locator available": neither folder can be written
        made = njit(fastmath=True, nogil=True)(function)
    compiled_function: Compiled = made
    return compiled_function
