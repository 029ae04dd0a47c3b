"""Reading pictures that somebody sent: what they are, whether they are safe to decode, their pixels.

`read_header` looks at the first bytes and the declared sizes and decodes nothing: it may run in a web process. Everything
else decodes, through libvips, and belongs into a task.
"""

from nightdesk.providers.images.ingest.decoding import Decoded, decode_own, decode_picture, read_picture
from nightdesk.providers.images.ingest.headers import Header, read_header
from nightdesk.providers.images.ingest.limits import (
    MAX_BYTES,
    MAX_FRAME_PIXELS,
    MAX_FRAMES,
    MAX_PIXELS,
    MAX_SIDE,
)
from nightdesk.providers.images.ingest.shrinking import Processed, process_picture

__all__ = [
    "MAX_BYTES",
    "MAX_FRAMES",
    "MAX_FRAME_PIXELS",
    "MAX_PIXELS",
    "MAX_SIDE",
    "Decoded",
    "Header",
    "Processed",
    "decode_own",
    "decode_picture",
    "process_picture",
    "read_header",
    "read_picture",
]
