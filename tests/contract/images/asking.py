"""Ask any provider for what its operation does, and keep everything that came of it."""

import logging
import traceback
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import numpy as np
from skimage import data as photographs

from nightdesk.core.errors import NightdeskError
from nightdesk.providers.images.hosted.pictures import resize
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    BackgroundRequest,
    FaceSwapRequest,
    GenerationRequest,
    Made,
    Mask,
    ObjectRequest,
    Operation,
    Pixels,
    StyleRequest,
)
from nightdesk.providers.images.registry import PROVIDERS
from tests.contract.text.asking import everything_logged, walk_chain, write_out
from tests.support.image_work import StandInWork
from tests.support.vendor_server import KEY

#: Says something that no message of ours says by itself: found elsewhere, it has leaked out of the prompt.
PROMPT: Final = "Zwieback Quirin 4711 on a blue table"
WIDTH, HEIGHT = 96, 64

METHODS: Final = {
    Operation.GENERATION: "generate",
    Operation.FACE_SWAP: "swap_face",
    Operation.BACKGROUND: "remove_background",
    Operation.OBJECT: "remove_object",
    Operation.STYLE: "transfer_style",
}
PLACES: Final = [(operation, place) for operation, places in PROVIDERS.items() for place in places]


def build(place: str, options: ImageOptions) -> Any:
    """Make a provider of the registry."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)(options)


def _load(name: str) -> Pixels:
    pixels: Pixels = getattr(photographs, name)()
    return pixels


def photo(width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """Give a photograph of a cup on a table."""
    return resize(_load("coffee"), width, height)


def portrait() -> Pixels:
    """Give a photograph with one face, large enough to be found."""
    return np.ascontiguousarray(_load("astronaut")[:320, 60:380])


def hole(width: int = WIDTH, height: int = HEIGHT) -> Mask:
    """Give a mask with a hole in the middle."""
    mask = np.zeros((height, width), np.bool_)
    mask[height // 2 - 8 : height // 2 + 8, width // 2 - 8 : width // 2 + 8] = True
    return mask


def make_request(operation: Operation) -> Any:
    """Make a request that every provider of an operation can serve."""
    match operation:
        case Operation.GENERATION:
            return GenerationRequest(prompt=PROMPT, width=WIDTH, height=HEIGHT, seed=7)
        case Operation.FACE_SWAP:
            return FaceSwapRequest(face=portrait(), target=np.ascontiguousarray(portrait()[:, ::-1]), seed=7)
        case Operation.BACKGROUND:
            return BackgroundRequest(image=photo())
        case Operation.OBJECT:
            return ObjectRequest(image=photo(), mask=hole(), seed=7)
        case Operation.STYLE:
            return StyleRequest(image=photo(), prompt="as a watercolour", seed=7)


@dataclass
class Asked:
    """A result or an error, and whatever was logged on the way."""

    work: StandInWork
    made: Made | None = None
    error: NightdeskError | None = None
    log: list[str] = field(default_factory=list)

    @property
    def pixels(self) -> Pixels:
        """The result, which there must be."""
        assert self.made is not None, self.error
        return self.made.pixels

    def everything_said(self) -> str:
        """Write out all that could be stored, logged or shown of it, with every error in the chain and what it holds."""
        said = [*self.log, repr(self.work.said), repr(self.work.book.effects)]
        if self.made is not None:
            said += [repr(self.made.extra), *self.made.warnings]
        if self.error is not None:
            said += traceback.format_exception(self.error)
            for error in walk_chain(self.error):
                said += [repr(error), str(error), repr(error.args), *write_out(vars(error))]
        return "\n".join(said)


def ask(place: str, options: ImageOptions, request: Any, work: StandInWork | None = None) -> Asked:
    """Ask a provider; an error of ours is kept, anything else is raised."""
    # It writes a line for each property of each picture, and knows no secret.
    logging.getLogger("pyvips").setLevel(logging.WARNING)
    provider = build(place, options)
    asked = Asked(work or StandInWork())
    with everything_logged() as asked.log:
        try:
            asked.made = getattr(provider, METHODS[provider.info.operation])(request, asked.work)
        except NightdeskError as error:
            asked.error = error
    assert KEY not in asked.everything_said()
    return asked
