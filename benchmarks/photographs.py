"""What the figures of image operations share: a plan, photographs with a known truth, and how a run is timed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nightdesk.providers.images.protocol import Mask, Pixels
from tests.support.photographs import Floats, blob, gradient, lay_over, photograph


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often each time is taken, and where more photographs with their mattes lie."""

    repetitions: int
    folder: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutCase:
    """A picture whose subject is known: `alpha` is 0 to 1. `kind`: person photo, thing photo, thing busy, plain."""

    name: str
    kind: str
    image: Pixels
    alpha: Floats


class FreeWork:
    """A run that is never stopped."""

    def progress(self, percent: int, message: str) -> None:
        """Tell nobody."""

    def check(self) -> None:
        """Go on."""

    def time_left_s(self) -> float | None:
        """There is no limit."""
        return None

    def once(self, name: str, call: Callable[[], Any], find: Callable[[], Any] | None = None) -> Any:
        """Nothing embedded calls outside."""
        raise AssertionError(name)

    def keep(self, data: bytes) -> str:
        """Nothing embedded stores anything."""
        raise AssertionError

    def kept(self, name: str) -> bytes:
        """Nothing embedded stores anything."""
        raise AssertionError(name)


def time_best(call: Callable[[], Any], repetitions: int) -> tuple[float, Any]:
    """Return the shortest time in seconds, and what came of the last call."""
    times = []
    result: Any = None
    for _ in range(repetitions):
        began = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - began)
    return min(times), result


def time_both(call: Callable[[], Any], repetitions: int) -> tuple[float, float]:
    """Return the shortest time in seconds, and the least processor time: on a busy machine the first is too long."""
    took: list[tuple[float, float]] = []
    for _ in range(repetitions):
        began, used = time.perf_counter(), time.process_time()
        call()
        took.append((time.perf_counter() - began, time.process_time() - used))
    return min(wall_s for wall_s, _ in took), min(used_s for _, used_s in took)


def enlarge(image: Any, megapixels: float) -> Any:
    """Return a picture of so many megapixels."""
    import cv2

    factor = (megapixels * 1e6 / (image.shape[0] * image.shape[1])) ** 0.5
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def compose_cases() -> Iterator[CutCase]:
    """Lay outlines of one photograph over another one (busy) or over a studio backdrop (plain)."""
    names = ("coffee", "chelsea", "rocket", "astronaut", "immunohistochemistry", "retina")
    grounds = ("gravel", "grass", "brick", "coffee", "rocket")
    for number, name in enumerate(names):
        subject = photograph(name, 512)
        height, width = subject.shape[:2]
        alpha = blob(height, width, seed=number, share=0.25)
        plain = lay_over(subject, alpha, gradient(height, width))
        yield CutCase(name=f"{name} on a backdrop", kind="plain", image=plain, alpha=alpha)
        if name in ("astronaut", "chelsea"):  # a face or an animal has its own outline inside ours
            continue
        for ground_name in (ground for ground in grounds if ground != name):
            ground = _cover(photograph(ground_name), height, width)
            image = lay_over(subject, alpha, ground)
            yield CutCase(name=f"{name} on {ground_name}", kind="thing busy", image=image, alpha=alpha)


def read_folder(folder: Path) -> Iterator[CutCase]:
    """Read photographs with their mattes; and people of them laid over busy photographs."""
    from PIL import Image

    for path in sorted(folder.glob("*.jpg")):
        matte = path.with_name(f"{path.stem}.out.png")
        if not matte.exists():
            continue
        image = np.asarray(Image.open(path).convert("RGB"))
        cut_out = Image.open(matte).convert("RGBA").resize((image.shape[1], image.shape[0]))
        alpha = np.asarray(cut_out)[..., 3] / 255
        is_person = path.stem.startswith("girl")
        yield CutCase(name=path.stem, kind="person photo" if is_person else "thing photo", image=image, alpha=alpha)
        for ground_name in ("coffee", "rocket", "gravel", "immunohistochemistry") if is_person else ():
            ground = _cover(photograph(ground_name), image.shape[0], image.shape[1])
            busy = lay_over(image, alpha, ground)
            yield CutCase(name=f"{path.stem} on {ground_name}", kind="person busy", image=busy, alpha=alpha)


def _cover(ground: Pixels, height: int, width: int) -> Pixels:
    """Scale and cut a photograph so that it covers this size."""
    import cv2

    factor = max(height / ground.shape[0], width / ground.shape[1])
    size = (max(width, round(ground.shape[1] * factor)), max(height, round(ground.shape[0] * factor)))
    return np.asarray(cv2.resize(ground, size, interpolation=cv2.INTER_LINEAR)[:height, :width], np.uint8)


def draw_hole(height: int, width: int, share: float, seed: int) -> Mask:
    """Return a hole of one round outline that covers this share, somewhere in the inner half."""
    random = np.random.default_rng(seed)
    side = int((share * height * width / 0.72) ** 0.5)
    y = int(random.integers(height // 4, max(height // 4 + 1, height * 3 // 4 - side)))
    x = int(random.integers(width // 4, max(width // 4 + 1, width * 3 // 4 - side)))
    mask = np.zeros((height, width), bool)
    window = mask[y : y + side, x : x + side]
    window[:] = (blob(side, side, seed=seed, share=0.6) > 0.5)[: window.shape[0], : window.shape[1]]
    return mask
