"""What every provider of every operation keeps to, whoever does the work."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nightdesk.engine.interrupts import Cancelled
from nightdesk.providers.images.options import PROVIDER_NAMES, ImageOptions
from nightdesk.providers.images.protocol import CommercialUse, Operation, ProviderKind
from nightdesk.providers.images.registry import PROVIDERS
from tests.contract.images.asking import HEIGHT, METHODS, PLACES, WIDTH, ask, build, hole, make_request
from tests.contract.images.setups import SETUPS
from tests.docs.pages import ROOT
from tests.support.diffusion import DIFFUSION
from tests.support.environment import complete_environment
from tests.support.image_work import StandInWork

QUEUES = {
    ProviderKind.EMBEDDED: {"cpu"},
    ProviderKind.LOCAL_MODEL: {"cpu", "gpu"},
    ProviderKind.HOSTED: {"ai_generation"},
}
#: What no process may load that only wants to know which providers there are.
HEAVY = {"cv2", "diffusers", "numba", "onnxruntime", "openai", "PIL", "pyvips", "scipy", "skimage", "torch"}

every_provider = pytest.mark.parametrize(
    ("operation", "place"),
    [
        pytest.param(
            operation,
            place,
            id=f"{operation}-{place.rpartition(':')[2]}",
            marks=DIFFUSION if ".diffusion." in place else (),
        )
        for operation, place in PLACES
    ],
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def make_ready(place: str, stack: ExitStack, folder: Path) -> ImageOptions:
    """Make the options with which a provider is ready."""
    name = build(place, ImageOptions()).info.name
    assert name in SETUPS, f"say in setups.py how {name!r} is made ready: no provider is left out"
    return SETUPS[name](stack, folder)


@every_provider
def test_provider_describes_itself(operation: Operation, place: str) -> None:
    provider = build(place, ImageOptions())
    info = provider.info

    assert info.operation is operation
    assert info.name in PROVIDER_NAMES
    assert info.queue in QUEUES[info.kind]
    assert all([info.title, info.version, info.code_licence, info.data_goes_to])
    assert isinstance(info.commercial_use, CommercialUse)
    assert (info.data_goes_to == "stays on this machine") == (info.kind is not ProviderKind.HOSTED)
    assert callable(getattr(provider, METHODS[operation]))


@every_provider
def test_provider_without_settings_names_those_that_it_lacks(operation: Operation, place: str) -> None:
    provider = build(place, ImageOptions())
    readiness = provider.ready()
    documented = (ROOT / "docs/reference/settings.md").read_text()

    assert readiness.is_ready or readiness.detail
    assert all(f"`{name}`" in documented for name in readiness.missing)
    if provider.info.kind is not ProviderKind.EMBEDDED:
        assert not readiness.is_ready
        assert all(name in readiness.detail or len(readiness.missing) > 1 for name in readiness.missing)


@every_provider
def test_provider_makes_what_is_asked_for(operation: Operation, place: str, stack: ExitStack, tmp_path: Path) -> None:
    options = make_ready(place, stack, tmp_path)
    request = make_request(operation)
    before = {one.name: np.copy(getattr(request, one.name)) for one in fields(request)}
    assert build(place, options).ready().is_ready

    asked = ask(place, options, request)

    assert_fits(operation, request, asked.pixels)
    assert asked.pixels.dtype == np.uint8
    percents = [percent for percent, _ in asked.work.said]
    assert percents == sorted(percents)
    assert asked.work.open_effects == []
    assert {name: np.array_equal(value, getattr(request, name)) for name, value in before.items()} == dict.fromkeys(
        before, True
    )


def assert_fits(operation: Operation, request: Any, pixels: Any) -> None:
    """Hold a result against what its operation promises."""
    match operation:
        case Operation.GENERATION:
            assert pixels.shape == (HEIGHT, WIDTH, 3)
        case Operation.FACE_SWAP:
            assert pixels.shape == request.target.shape
            assert not np.array_equal(pixels, request.target)
        case Operation.BACKGROUND:
            assert pixels.shape == (HEIGHT, WIDTH, 4)
            assert pixels[..., 3].min() < pixels[..., 3].max()
        case Operation.OBJECT:
            assert pixels.shape == (HEIGHT, WIDTH, 3)
            far = np.ones((HEIGHT, WIDTH), np.bool_)
            far[HEIGHT // 2 - 14 : HEIGHT // 2 + 14, WIDTH // 2 - 14 : WIDTH // 2 + 14] = False
            assert np.array_equal(pixels[far], request.image[far])
            assert not np.array_equal(pixels[hole()], request.image[hole()])
        case Operation.STYLE:
            assert pixels.shape == (HEIGHT, WIDTH, 3)
            assert not np.array_equal(pixels, request.image)


@every_provider
@pytest.mark.parametrize("after", [1, 3])
def test_provider_stops_when_it_is_told(
    operation: Operation, place: str, after: int, stack: ExitStack, tmp_path: Path
) -> None:
    options = make_ready(place, stack, tmp_path)
    work = StandInWork(stop_when=lambda work: Cancelled() if work.checks >= after else None)

    with pytest.raises(Cancelled):
        ask(place, options, make_request(operation), work)

    assert work.stopped_at is not None
    # That it stops, not how fast: the time of each is measured by the benchmarks.
    assert time.monotonic() - work.stopped_at < 10
    assert work.open_effects == []


@every_provider
def test_expected_time_is_a_guess_or_none(operation: Operation, place: str, stack: ExitStack, tmp_path: Path) -> None:
    expected_s = build(place, make_ready(place, stack, tmp_path)).expected_s(1_000_000)

    assert expected_s is None or 0 < expected_s < 600


def test_knowing_the_providers_loads_nothing_heavy() -> None:
    modules = {place.partition(":")[0] for places in PROVIDERS.values() for place in places}
    script = (
        "import importlib, sys\n"
        f"for name in {sorted(modules)}: importlib.import_module(name)\n"
        f"print(*sorted(set({sorted(HEAVY)}) & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", script], env=complete_environment({}), capture_output=True, text=True)

    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
