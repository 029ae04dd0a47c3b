"""How large a picture may be. All of it is read from the file's header, before a pixel is decoded."""

from typing import Final

#: 40 MiB: above what phones and cameras write as JPEG, HEIC or PNG.
MAX_BYTES: Final = 40 * 1024 * 1024
#: 100 megapixels, 300 MB as RGB: the largest of medium-format cameras.
MAX_PIXELS: Final = 100_000_000
#: Longest side in pixels.
MAX_SIDE: Final = 30_000
#: An animation of 12 s at 25 frames a second. More is refused.
MAX_FRAMES: Final = 300
#: Frames times pixels of an animation that stays one; of a larger one the first frame is taken.
MAX_FRAME_PIXELS: Final = 150_000_000
