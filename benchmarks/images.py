"""Print every figure of the image operations: `python -m benchmarks.images [figure ...] [--quick] [--photos FOLDER]`.

Photographs are those inside scikit-image. With `--photos` also those of a folder that holds `NAME.jpg` beside
`NAME.out.png`, the same picture cut out, as the examples of rembg do.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Final

import psutil

from benchmarks.figures import (
    images_background,
    images_cancel,
    images_faces,
    images_layout,
    images_models,
    images_objects,
    images_screenshot,
    images_style,
)
from benchmarks.machine import pin_to_cores
from benchmarks.photographs import Plan
from benchmarks.table import Figure, Measured, write_table
from nightdesk.providers.images.embedded import people
from nightdesk.providers.images.embedded.warming import warm_up

FIGURES: Final[dict[str, Callable[[Plan], Iterable[Figure]]]] = {
    "background": images_background.measure,
    "objects": images_objects.measure,
    "style": images_style.measure,
    "faces": images_faces.measure,
    "layout": images_layout.measure,
    "models": images_models.measure,
    "screenshot": images_screenshot.measure,
    "cancel": images_cancel.measure,
}
_LIBRARIES: Final = (
    "numpy",
    "opencv-contrib-python-headless",
    "numba",
    "scikit-image",
    "scipy",
    "onnxruntime",
    "torch",
    "diffusers",
    "playwright",
    "ai-edge-litert",
    "mediapipe",
)


def main() -> int:
    """Measure what was asked for; return 1 when something could not be measured. A miss is no failure."""
    asked = read_arguments()
    cores = pin_to_cores(asked.cores)
    busy = psutil.cpu_percent(interval=2.0)
    warm_up()
    plan = Plan(repetitions=1 if asked.quick else 3, folder=asked.photos)
    groups = [measure(name, plan) for name in asked.figures or FIGURES]
    versions = ", ".join(f"{name} {_read_version(name)}" for name in _LIBRARIES)
    header = (
        f"Machine: {cores}; before the run {busy:.0f} % of the processor was in use. Best of {plan.repetitions}, warm.",
        f"Versions: {versions}. Models of people: {'installed' if people.is_installed() else 'NOT INSTALLED'}.",
    )
    print("\n".join([*header, "", write_table(groups)]))
    return int(any(group.failed for group in groups))


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.images", description="Print figures of image operations."
    )
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"Of: {', '.join(FIGURES)}. Default: all.")
    parser.add_argument("--quick", action="store_true", help="Each time is taken once.")
    parser.add_argument("--cores", type=int, default=2, help="Cores to use. Default: 2.")
    parser.add_argument("--photos", type=Path, help="A folder of NAME.jpg beside NAME.out.png.")
    asked = parser.parse_args()
    if unknown := [name for name in asked.figures if name not in FIGURES]:
        parser.error(f"There is no figure {unknown[0]!r}. Known: {', '.join(FIGURES)}.")
    return asked


def measure(name: str, plan: Plan) -> Measured:
    """Measure one group of figures; what cannot be measured stands in the table, and its trace on standard error."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        figures = tuple(FIGURES[name](plan))
    except Exception as error:  # noqa: BLE001 (the other figures are still wanted; the exit status tells)
        traceback.print_exc()
        said = str(error).partition("\n")[0][:200]
        return Measured((Figure(what=name, reach="", ours=f"{type(error).__name__}: {said}"),), 0.0, failed=True)
    print(f"{name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return Measured(figures, 0.0)


def _read_version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "missing"


if __name__ == "__main__":
    sys.exit(main())
