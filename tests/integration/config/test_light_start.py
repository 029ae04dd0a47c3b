"""What computes pixels is loaded by the task that needs it: web stays light, and libvips never runs before a fork."""

from tests.support.nightdesk import MakeInstallation

HEAVY = ("cv2", "numba", "onnxruntime", "pyvips", "scipy", "skimage", "torch")
LOADED = f"""
import sys
from nightdesk.config.api import api
from nightdesk.images.services import list_providers
list_providers()
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_process_that_makes_no_pictures_loads_none_of_what_makes_them(make_installation: MakeInstallation) -> None:
    assert make_installation().run_script(LOADED).splitlines()[-1] == "[]"
