"""The typeface, Open Sans (Apache-2.0), from the wheel of ttf-opensans; and what it cannot write."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

_FILES: Final = ("OpenSans-ExtraBold.ttf", "OpenSans-Regular.ttf")


def find_font_folder() -> Path | None:
    """Return where the wheel keeps its fonts, without importing it; None: it is not installed."""
    spec = find_spec("ttf_opensans")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "ttf"
    return folder if all((folder / name).is_file() for name in _FILES) else None


@lru_cache(maxsize=64)
def load_font(*, is_bold: bool, size_px: int) -> Any:
    """Return the font at a size."""
    from PIL import ImageFont

    folder = find_font_folder()
    if folder is None:
        raise FileNotFoundError("The fonts of ttf-opensans are not installed.")
    return ImageFont.truetype(folder / _FILES[0 if is_bold else 1], size_px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=1024)
def can_write(character: str) -> bool:
    """Whether the typeface has a shape for a character: what it has none for looks like its empty box."""
    if character.isspace():
        return True
    font = load_font(is_bold=False, size_px=24)
    shape, missing = font.getmask(character), font.getmask("\uffff")
    return (shape.size, bytes(shape)) != (missing.size, bytes(missing))


def keep_writable(text: str) -> tuple[str, bool]:
    """Return a text without the words that cannot be written, and whether something was left out."""
    words = text.split()
    kept = [word for word in words if all(can_write(character) for character in word)]
    return " ".join(kept), len(kept) < len(words)
