"""What is asked of those who make and change pictures, and what they give back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    #: Pixels as (height, width, 3) RGB or (height, width, 4) RGBA with straight alpha: uint8, sRGB.
    Pixels = NDArray[np.uint8]
    #: What to remove, as (height, width): True is removed.
    Mask = NDArray[np.bool_]
else:
    # Settings and web processes read this module, and need no pixels: NumPy would cost each 15 MB and a thread pool.
    Pixels = Mask = Any

#: x0, y0, x1, y1 in pixels, x1 and y1 outside.
Box = tuple[int, int, int, int]


class Operation(StrEnum):
    """What can be done, in the words of the API."""

    GENERATION = "image_generation"
    FACE_SWAP = "face_swap"
    BACKGROUND = "background_removal"
    OBJECT = "object_removal"
    STYLE = "style_transfer"


class ProviderKind(StrEnum):
    """Where the work is done."""

    EMBEDDED = "embedded"  # in our own process, with nothing to configure
    LOCAL_MODEL = "local_model"  # in our own process, with files of the operator's
    HOSTED = "hosted"  # by somebody else


class CommercialUse(StrEnum):
    """Whether results may be used for business, as the licences say."""

    YES = "yes"
    NO = "no"
    ASK = "ask"  # it depends on weights or terms that only the operator knows


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """What a person should know before a run. `queue` is where its jobs wait: cpu, gpu or ai_generation (hosted)."""

    name: str
    title: str
    operation: Operation
    kind: ProviderKind
    version: str
    queue: str
    is_generative_ai: bool
    code_licence: str
    weights_licence: str  # empty: there are no weights
    commercial_use: CommercialUse
    data_goes_to: str  # "stays on this machine", or the host
    limits: dict[str, Any] = field(default_factory=dict)  # as {"max_pixels": 100_000_000}
    weak_points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether a provider can work now. `missing` names settings; `detail` says what to do, and never holds a secret."""

    is_ready: bool
    missing: tuple[str, ...] = ()
    detail: str = ""


class Work(Protocol):
    """The run that a provider works for. Everything here may raise to stop it (cancelled, out of time, no longer ours)."""

    def progress(self, percent: int, message: str) -> None:
        """Say how far the operation is, 0 to 100, and what it does now, in a few words for people."""
        ...

    def check(self) -> None:
        """Stop here if it is to stop. Free of cost: call it several times a second."""
        ...

    def time_left_s(self) -> float | None:
        """Return how many seconds the run may still take; None: no limit."""
        ...

    def once(self, name: str, call: Callable[[], Any], find: Callable[[], Any] | None = None) -> Any:
        """Make a call outside that must not be doubled, like `engine.run.Run.effect`; its result must be JSON.

        A retry or a rescue of the same job gets the stored result. `find` looks whether it happened and returns what
        `call` would have, or raises `NotDone`; without it, a run that died in between ends with an unknown outcome.
        """
        ...

    def keep(self, data: bytes) -> str:
        """Put bytes into the store for the life of this job and return their name, for the result of `once`."""
        ...

    def kept(self, name: str) -> bytes:
        """Fetch what `keep` stored.

        Raises:
            NotKept: it went when the job ended.
        """
        ...


class NotDone(Exception):
    """Raised by the `find` of `Work.once`: it is certain that the call did not happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """Make a picture of this size from this prompt (already refined, where it was)."""

    prompt: str
    width: int
    height: int
    seed: int
    style: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSwapRequest:
    """Put the face of `face` into `target`."""

    face: Pixels
    target: Pixels
    strength: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundRequest:
    """Make everything but the subject transparent; `box` says where the subject is."""

    image: Pixels
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRequest:
    """Fill what the mask covers so that nobody sees that something was there."""

    image: Pixels
    mask: Mask
    prompt: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleRequest:
    """Give `image` the look of `example`, or of a style by name; `strength` 0 to 1."""

    image: Pixels
    example: Pixels | None = None
    style: str = ""
    prompt: str = ""
    strength: float = 0.4
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A result. `method` names the way that was taken where there are several; `warnings` are for people.

    `seed` is what was really used; None where the provider has none. `cost_micros` in millionths of a US dollar, None
    where nobody knows. `extra` goes into the metadata of the result (as {"confidence": 0.8}).
    """

    pixels: Pixels
    seed: int | None = None
    method: str = ""
    warnings: tuple[str, ...] = ()
    cost_micros: int | None = None
    model: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


class Provider(Protocol):
    """What all have in common. Raises only the operational faults of `nightdesk.core.errors`, and `Unsuitable`."""

    @property
    def info(self) -> ProviderInfo:
        """Describe it; cheap."""
        ...

    def ready(self) -> Readiness:
        """Say whether it can work: imports found, files there with their sha256, keys set. No network, no model loaded."""
        ...

    def expected_s(self, pixels: int) -> float | None:
        """Guess how long a picture of so many pixels takes, in seconds; None: nobody knows."""
        ...


class ImageGenerator(Provider, Protocol):
    """Makes pictures from words."""

    def generate(self, request: GenerationRequest, work: Work) -> Made:
        """Make one picture of exactly the size asked for."""
        ...


class FaceSwapper(Provider, Protocol):
    """Puts faces into other pictures."""

    def swap_face(self, request: FaceSwapRequest, work: Work) -> Made:
        """Return the target with the face put in, of the target's size; never a silent copy."""
        ...


class BackgroundRemover(Provider, Protocol):
    """Cuts out subjects."""

    def remove_background(self, request: BackgroundRequest, work: Work) -> Made:
        """Return RGBA of the same size."""
        ...


class ObjectRemover(Provider, Protocol):
    """Fills holes."""

    def remove_object(self, request: ObjectRequest, work: Work) -> Made:
        """Return the picture of the same size; pixels well outside the mask stay as they are."""
        ...


class StyleTransferrer(Provider, Protocol):
    """Repaints pictures."""

    def transfer_style(self, request: StyleRequest, work: Work) -> Made:
        """Return the picture repainted, of the same size."""
        ...

    def styles(self) -> Sequence[str]:
        """Name the styles it knows by itself."""
        ...


AnyProvider = ImageGenerator | FaceSwapper | BackgroundRemover | ObjectRemover | StyleTransferrer
