"""Generation with nothing configured: a poster, set from the words of the prompt."""

from hashlib import sha256
from typing import Final

import numpy as np

from nightdesk.providers.images.embedded.layout.art import ARTS
from nightdesk.providers.images.embedded.layout.colours import choose_palette
from nightdesk.providers.images.embedded.layout.fonts import find_font_folder, keep_writable
from nightdesk.providers.images.embedded.layout.poster import set_poster
from nightdesk.providers.images.embedded.layout.words import read_prompt
from nightdesk.providers.images.embedded.threads import prepare_threads
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    CommercialUse,
    GenerationRequest,
    Made,
    Operation,
    ProviderInfo,
    ProviderKind,
    Readiness,
    Work,
)

#: Part of what the bytes depend on: raise it with each change that is seen.
_VERSION: Final = "1"
_NOT_WRITABLE: Final = "Some words were left out: the typeface of posters writes Latin, Greek and Cyrillic only."
_NO_ROOM: Final = "Some words were left out: there is no room for them. Ask for a larger picture or fewer words."
_NO_STYLE: Final = "The style was not used: a poster takes its looks from the words of the prompt and from the seed."


class Layout:
    """Sets a poster from the words of the prompt."""

    info = ProviderInfo(
        name="layout",
        title="Poster",
        operation=Operation.GENERATION,
        kind=ProviderKind.EMBEDDED,
        version=_VERSION,
        queue="cpu",
        is_generative_ai=False,
        code_licence="MIT; typeface Open Sans, Apache-2.0",
        weights_licence="",
        commercial_use=CommercialUse.YES,
        data_goes_to="stays on this machine",
        limits={"min_side": 64, "max_side": 2048},
        weak_points=("It sets the words of the prompt as a poster; it draws nothing that they describe.",),
    )

    def __init__(self, options: ImageOptions) -> None:
        """Nothing of it can be configured."""

    def ready(self) -> Readiness:
        """Say whether the typeface is installed."""
        if find_font_folder() is not None:
            return Readiness(is_ready=True)
        return Readiness(is_ready=False, detail="Install ttf-opensans, the typeface of posters.")

    def expected_s(self, pixels: int) -> float | None:
        """Guess from what was measured on two cores."""
        return 0.1 + 0.4 * pixels / 1e6

    def generate(self, request: GenerationRequest, work: Work) -> Made:
        """Return the poster. The same prompt, size, seed and version give the same bytes."""
        prepare_threads()
        work.progress(5, "Choosing colours")
        digest = sha256(f"layout{_VERSION}|{request.prompt}|{request.seed}".encode()).digest()
        random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        copy = read_prompt(request.prompt)
        headline, headline_cut = keep_writable(copy.headline)
        line, line_cut = keep_writable(copy.line)
        palette = choose_palette(copy.words, random)
        work.progress(20, "Drawing the background")
        draw = ARTS[int(random.integers(len(ARTS)))]
        art = draw(request.width, request.height, palette, random, work)
        work.check()
        work.progress(70, "Setting the type")
        placed = set_poster(art, headline, line, palette, random)
        warnings = [_NOT_WRITABLE] if headline_cut or line_cut else []
        if placed.left_out:
            warnings.append(_NO_ROOM)
        if request.style:
            warnings.append(_NO_STYLE)
        return Made(
            pixels=placed.pixels,
            seed=request.seed,
            method=draw.__name__.removeprefix("draw_"),
            warnings=tuple(warnings),
            extra={"headline": headline, "contrast": round(placed.contrast, 1)},
        )
