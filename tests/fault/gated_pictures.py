"""Image work that stands still while a gate is closed, so that its process can be killed right there.

Named in `extra_tasks`, so that workers load it. Two gates, each a file in the data folder: `gate-working` holds the
embedded operations in the middle of their work, `gate-saving` holds a result whose files are written and whose row is
not. Whoever stands there writes a file `held-<gate>-<process id>`; the file of the gate removed, it goes on.
"""

import os
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models.signals import pre_save
from django.dispatch import receiver

from nightdesk.images.models import Asset, Origin
from nightdesk.providers.images import registry
from nightdesk.providers.images.embedded.background.provider import Cutout
from nightdesk.providers.images.embedded.faces.provider import LandmarkSwap
from nightdesk.providers.images.embedded.layout.provider import Layout
from nightdesk.providers.images.embedded.objects.provider import PatchFill
from nightdesk.providers.images.embedded.style.provider import Patchwork
from nightdesk.providers.images.protocol import Operation, Work

#: Each operation has begun by then, and none is done.
_HOLD_AT_PERCENT = 20
_LOOK_EVERY_S = 0.01


def hold(gate: str) -> None:
    """Stand still while the gate is closed."""
    folder = Path(settings.DATA_DIR)
    closed = folder / f"gate-{gate}"
    if closed.exists():
        (folder / f"held-{gate}-{os.getpid()}").touch()
    while closed.exists():
        time.sleep(_LOOK_EVERY_S)


class GatedWork:
    """A run whose report of some percent leads to the gate."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def progress(self, percent: int, message: str) -> None:
        self._work.progress(percent, message)
        if percent >= _HOLD_AT_PERCENT:
            hold("working")


class GatedLayout(Layout):
    def generate(self, request: Any, work: Any) -> Any:
        return super().generate(request, GatedWork(work))


class GatedSwap(LandmarkSwap):
    def swap_face(self, request: Any, work: Any) -> Any:
        return super().swap_face(request, GatedWork(work))


class GatedCutout(Cutout):
    def remove_background(self, request: Any, work: Any) -> Any:
        return super().remove_background(request, GatedWork(work))


class GatedFill(PatchFill):
    def remove_object(self, request: Any, work: Any) -> Any:
        return super().remove_object(request, GatedWork(work))


class GatedPatchwork(Patchwork):
    def transfer_style(self, request: Any, work: Any) -> Any:
        return super().transfer_style(request, GatedWork(work))


@receiver(pre_save, sender=Asset)
def hold_before_saving(instance: Asset, **_: object) -> None:
    if instance.origin == Origin.MADE:
        hold("saving")


registry.PROVIDERS.update(
    {
        Operation.GENERATION: ("tests.fault.gated_pictures:GatedLayout",),
        Operation.FACE_SWAP: ("tests.fault.gated_pictures:GatedSwap",),
        Operation.BACKGROUND: ("tests.fault.gated_pictures:GatedCutout",),
        Operation.OBJECT: ("tests.fault.gated_pictures:GatedFill",),
        Operation.STYLE: ("tests.fault.gated_pictures:GatedPatchwork",),
    }
)
