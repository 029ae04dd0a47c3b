"""What holds for all embedded providers: always there, light to load, without a chance of two OpenCVs."""

import subprocess
import sys
from importlib.metadata import distributions

import numpy as np
import pytest

from nightdesk.providers.images.embedded import people
from nightdesk.providers.images.embedded.compiling import compiled
from nightdesk.providers.images.embedded.drawing import draw, make_state
from nightdesk.providers.images.embedded.threads import MOST, prepare_threads
from nightdesk.providers.images.embedded.warming import warm_up
from nightdesk.providers.images.protocol import Operation, ProviderKind
from nightdesk.providers.images.registry import describe_providers, find_provider

HEAVY = ("cv2", "numba", "scipy", "skimage", "PIL", "ai_edge_litert", "onnxruntime", "torch", "pyvips", "mediapipe")


@pytest.mark.parametrize("operation", Operation)
def test_every_operation_has_an_embedded_provider_that_needs_no_setting(operation: Operation) -> None:
    embedded = [
        status
        for status in describe_providers()
        if status.info.operation == operation and status.info.kind is ProviderKind.EMBEDDED
    ]

    assert any(status.readiness.is_ready for status in embedded)
    assert not any(status.info.is_generative_ai or status.readiness.missing for status in embedded)
    assert {status.info.data_goes_to for status in embedded} == {"stays on this machine"}
    assert all(status.info.weak_points and status.info.code_licence for status in embedded)
    assert all(0 < find_provider(operation).expected_s(pixels) < 60 for pixels in (64 * 64, 12_000_000))


def test_describing_the_providers_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from nightdesk.providers.images.registry import describe_providers\n"
        "assert describe_providers()\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert said.stdout.split() == []


def test_exactly_one_opencv_is_installed() -> None:
    found = {found.metadata["Name"].lower() for found in distributions()}

    assert {name for name in found if name.startswith("opencv")} == {"opencv-contrib-python-headless"}


def test_the_models_are_found_without_loading_their_wheel() -> None:
    if not people.is_installed():
        pytest.skip("requirements/people.txt has no wheel for this system")
    script = (
        "import sys\n"
        "from nightdesk.providers.images.embedded import people\n"
        "people.load_people()\n"
        "print('mediapipe' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert said.stdout.split() == ["False"]


def test_a_wheel_without_models_counts_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    (tmp_path / "mediapipe").mkdir()
    (tmp_path / "mediapipe" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "mediapipe", raising=False)

    assert people.find_model_folder() is None
    assert not people.is_installed()


def test_random_numbers_are_those_of_their_seed_and_spread_evenly() -> None:
    state, again, other = make_state(7), make_state(7), make_state(8)

    drawn = [int(draw(state, 10)) for _ in range(5000)]

    assert drawn == [int(draw(again, 10)) for _ in range(5000)]
    assert drawn != [int(draw(other, 10)) for _ in range(5000)]
    assert np.bincount(drawn, minlength=10).tolist() == pytest.approx([500] * 10, abs=90)


def test_loops_compile_where_no_folder_can_be_written() -> None:
    namespace: dict[str, object] = {}
    exec(compile("def double(value):\n    return value * 2\n", "<nowhere>", "exec"), namespace)

    assert compiled(namespace["double"])(21) == 42  # type: ignore[type-var,operator]


def test_threads_are_few_and_set_once() -> None:
    import cv2

    assert 1 <= prepare_threads() <= MOST
    assert cv2.getNumThreads() == prepare_threads()


def test_warming_up_may_be_repeated() -> None:
    warm_up()
    warm_up()
