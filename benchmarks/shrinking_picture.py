"""One way to shrink a picture, in a process of its own: `python -m benchmarks.shrinking_picture WAY FILE OUT TIMES`.

Prints a line of JSON: the milliseconds of each time, the least of processor time, and the most memory that the process held, in MB. Every way writes the
same: a WebP of quality 80 within 1200 x 800 pixels, which goes to OUT, and three small ones.
"""

import io
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

SIZE: Final = (1200, 800)
SIDES: Final = (600, 300, 150)
QUALITY: Final = 80


def shrink_as_we_do(data: bytes) -> bytes:
    """As an upload is processed."""
    from nightdesk.providers.images.ingest import process_picture

    made = process_picture(
        data,
        field="image",
        thumb_sides=SIDES,
        max_width=SIZE[0],
        max_height=SIZE[1],
        quality=QUALITY,
        format="webp",
    )
    return made.picture.data


def shrink_with_pillow(data: bytes) -> bytes:
    """Decode everything, then Lanczos: the most careful way, and what the others are held against."""
    from PIL import Image

    written = []
    with Image.open(io.BytesIO(data)) as picture:
        large = picture.convert("RGB")
    for size in (SIZE, *((side, side) for side in SIDES)):
        large.thumbnail(size, Image.Resampling.LANCZOS, reducing_gap=None)
        buffer = io.BytesIO()
        large.save(buffer, "WEBP", quality=QUALITY)
        written.append(buffer.getvalue())
    return written[0]


def shrink_with_opencv(data: bytes) -> bytes:
    """Decode everything, then average areas."""
    import cv2
    import numpy as np

    written = []
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    for width, height in (SIZE, *((side, side) for side in SIDES)):
        factor = min(width / image.shape[1], height / image.shape[0], 1)
        size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        written.append(cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1].tobytes())
    return written[0]


def keep_whole(data: bytes) -> bytes:
    """As an upload to the library is processed: in its full size."""
    from nightdesk.providers.images.ingest import process_picture

    return process_picture(data, field="image", thumb_sides=SIDES, quality=92).picture.data


WAYS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "ours": shrink_as_we_do,
    "library": keep_whole,
    "pillow": shrink_with_pillow,
    "opencv": shrink_with_opencv,
}


def main() -> None:
    """Read the command line, shrink, print."""
    way, path, out, times = sys.argv[1:]
    data = Path(path).read_bytes()
    WAYS[way](data)  # loads what is loaded late
    took_ms, used_ms = [], []
    for _ in range(int(times)):
        began, used = time.perf_counter(), time.process_time()
        made = WAYS[way](data)
        took_ms.append((time.perf_counter() - began) * 1000)
        used_ms.append((time.process_time() - used) * 1000)
    Path(out).write_bytes(made)
    print(json.dumps({"ms": took_ms, "used_ms": min(used_ms), "peak_mb": read_peak_mb()}))


def read_peak_mb() -> float:
    """Return the most memory that this process ever held; unlike getrusage's it is not inherited from a parent."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
