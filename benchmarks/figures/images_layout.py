"""Posters: contrast in a hundred prompts, the same bytes again, and how fast."""

from collections.abc import Iterator
from typing import Final

from benchmarks.photographs import FreeWork, Plan, time_best
from benchmarks.table import Figure
from nightdesk.providers.images.embedded.layout.provider import Layout
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import GenerationRequest, Made

SUBJECTS: Final = ("Summer Jazz Nights", "Run 10K", "Grow slow", "Ocean cleanup volunteers", "Neon night city coffee")
MOODS: Final = (
    "at the beach",
    "in a dark forest",
    "for kids",
    "luxury gold",
    "winter blue",
    "red wine",
    "mint",
    "spring",
)
PROMPTS: Final = tuple(
    f'"{subject}" {mood}, {number}' for number in range(3) for subject in SUBJECTS for mood in MOODS
)[:100]


def measure(plan: Plan) -> Iterator[Figure]:
    """Make a hundred posters twice at a small size, then time one of a megapixel."""
    made = [_make(prompt, 400, number) for number, prompt in enumerate(PROMPTS)]
    again = [_make(prompt, 400, number) for number, prompt in enumerate(PROMPTS)]
    least = min(float(one.extra["contrast"]) for one in made)
    same = sum(one.pixels.tobytes() == other.pixels.tobytes() for one, other in zip(made, again, strict=True))
    yield Figure(
        what=f"poster, {len(PROMPTS)} prompts: least contrast of ink with any pixel under the text",
        reach=">= 4.5",
        ours=f"{least:.1f}",
        met=least >= 4.5,
    )
    yield Figure(what="poster, the same again: equal bytes", reach="100", ours=str(same), met=same == len(PROMPTS))
    times = [
        time_best(lambda number=number: _make(PROMPTS[0], 1000, number), plan.repetitions)[0] for number in range(8)
    ]
    yield Figure(what="poster, 1 MP, slowest of 8", reach="<= 0.5 s", ours=f"{max(times):.2f} s", met=max(times) <= 0.5)


def _make(prompt: str, side: int, seed: int) -> Made:
    request = GenerationRequest(prompt=prompt, width=side, height=side, seed=seed)
    return Layout(ImageOptions()).generate(request, FreeWork())
