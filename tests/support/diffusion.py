"""The marks of tests that run diffusion models: skipped, with the reason, where their libraries could not be installed."""

from importlib.util import find_spec
from typing import Final

import pytest

_MISSING: Final = [name for name in ("torch", "diffusers", "transformers") if find_spec(name) is None]

DIFFUSION: Final = [
    pytest.mark.diffusion,
    # PyTorch 2.13's tensors do not know an argument that NumPy 2 passes; diffusers turns pictures into arrays that way.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
    pytest.mark.skipif(bool(_MISSING), reason=f"not installed: {', '.join(_MISSING)}; see requirements/torch.txt"),
]
