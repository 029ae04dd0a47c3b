"""One size for the thread pools of every library in a process."""

import os
from functools import lru_cache
from typing import Final

#: More threads than this gain nothing at the sizes at which we work (448 to 640 px).
MOST: Final = 4


@lru_cache(maxsize=1)
def prepare_threads() -> int:
    """Set OpenCV's pool once per process and return the number of threads that other libraries should take.

    Called inside an operation and never at import: a pool that a parent has started is dead in its forked children.
    """
    import cv2

    count = max(1, min(MOST, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))
    cv2.setNumThreads(count)
    cv2.ocl.setUseOpenCL(False)
    return count
