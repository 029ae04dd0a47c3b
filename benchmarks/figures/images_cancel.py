"""Cancelling: the longest that an operation goes on without looking whether it is to stop, on pictures of a megapixel."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.photographs import FreeWork, Plan, draw_hole, enlarge
from benchmarks.table import Figure
from nightdesk.providers.images.protocol import (
    BackgroundRequest,
    FaceSwapRequest,
    GenerationRequest,
    ObjectRequest,
    Operation,
    StyleRequest,
    Work,
)
from nightdesk.providers.images.registry import find_provider
from tests.support.photographs import photograph

WANTED_S = 1.0


class _TimedWork(FreeWork):
    """Remembers the longest time between two looks."""

    def __init__(self) -> None:
        self.longest_s, self._last = 0.0, time.perf_counter()

    def check(self) -> None:
        """Take the time since the last look."""
        now = time.perf_counter()
        self.longest_s, self._last = max(self.longest_s, now - self._last), now

    def progress(self, percent: int, message: str) -> None:
        """Look as a run does."""
        self.check()


def measure(plan: Plan) -> Iterator[Figure]:
    """Run each operation, and say how long a cancel would have waited at worst."""
    for name, call in _list_operations():
        longest = []
        for _ in range(plan.repetitions):
            work = _TimedWork()
            call(work)
            work.check()
            longest.append(work.longest_s)
        yield Figure(
            what=f"cancel, {name}, 1 MP: longest between two looks",
            reach=f"<= {WANTED_S:g} s",
            ours=f"{min(longest):.2f} s",
            met=min(longest) <= WANTED_S,
        )


def _list_operations() -> Iterator[tuple[str, Callable[[Work], Any]]]:
    person, thing = (np.asarray(enlarge(photograph(name), 1), np.uint8) for name in ("astronaut", "coffee"))
    height, width = thing.shape[:2]
    background, objects = find_provider(Operation.BACKGROUND, "cutout"), find_provider(Operation.OBJECT, "patchfill")
    style, layout = find_provider(Operation.STYLE, "patchwork"), find_provider(Operation.GENERATION, "layout")
    yield "background of a person", lambda work: background.remove_background(BackgroundRequest(image=person), work)
    yield "background of a thing", lambda work: background.remove_background(BackgroundRequest(image=thing), work)
    box = (width // 10, height // 20, width * 8 // 10, height * 19 // 20)
    boxed = BackgroundRequest(image=thing, box=box)
    yield "background with a box", lambda work: background.remove_background(boxed, work)
    hole = ObjectRequest(image=thing, mask=draw_hole(height, width, 0.07, 1))
    yield "object", lambda work: objects.remove_object(hole, work)
    marks = np.zeros((height, width), bool)
    marks[::60, :] = marks[1::60, :] = marks[2::60, :] = True
    thin = ObjectRequest(image=thing, mask=marks)
    yield "object, thin marks over the whole picture", lambda work: objects.remove_object(thin, work)
    for name in ("landmarks", "eyes"):
        swapper = find_provider(Operation.FACE_SWAP, name)
        faces = FaceSwapRequest(face=np.ascontiguousarray(person[:, ::-1]), target=person)
        yield f"face swap by {name}", lambda work, swapper=swapper, faces=faces: swapper.swap_face(faces, work)
    followed = StyleRequest(image=person, example=thing)
    yield "style after an example", lambda work: style.transfer_style(followed, work)
    for name in style.styles():
        named = StyleRequest(image=person, style=name)
        yield f"style {name}", lambda work, named=named: style.transfer_style(named, work)
    wish = GenerationRequest(prompt='"Summer Jazz Nights" at the beach', width=1000, height=1000, seed=1)
    yield "poster", lambda work: layout.generate(wish, work)
