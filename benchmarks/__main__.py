"""Print every figure in one table: `python -m benchmarks [figure ...] [--quick] [--cores N]`."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Final

from benchmarks.figures import (
    backlog,
    copywriting,
    cost,
    embedded,
    exports,
    images_upload,
    latency,
    mail,
    pages,
    posting,
    publishing,
    reports,
    screen,
    startup,
    streams,
    throughput,
    waiting,
)
from benchmarks.machine import describe_machine, measure_flush_ms, pin_to_cores
from benchmarks.scale import FULL, QUICK, Scale
from benchmarks.table import Figure, Measured, write_table

FIGURES: Final[dict[str, Callable[[Scale], Iterable[Figure]]]] = {
    "throughput": throughput.measure,
    "embedded": embedded.measure,
    "images_upload": images_upload.measure,
    "posting": posting.measure,
    "publishing": publishing.measure,
    "mail": mail.measure,
    "reports": reports.measure,
    "latency": latency.measure,
    "waiting": waiting.measure,
    "startup": startup.measure,
    "backlog": backlog.measure,
    "cost": cost.measure,
    "pages": pages.measure,
    "screen": screen.measure,
    "streams": streams.measure,
    "copywriting": copywriting.measure,
    "exports": exports.measure,
}


def main() -> int:
    """Measure what was asked for; return 1 when something could not be measured. A miss is no failure."""
    asked = read_arguments()
    scale = QUICK if asked.quick else FULL
    header = list(describe_machine(pin_to_cores(asked.cores)))
    groups = [measure(name, scale) for name in asked.figures or FIGURES]
    print("\n".join([*header, f"Scale: {scale.name}.", "", write_table(groups)]))
    return int(any(group.failed for group in groups))


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Print every figure in one table.")
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"Of: {', '.join(FIGURES)}. Default: all.")
    parser.add_argument("--quick", action="store_true", help="Fewer jobs and a short backlog: within 12 minutes.")
    parser.add_argument("--cores", type=int, default=2, help="Cores to use, clients and servers together. Default: 2.")
    asked = parser.parse_args()
    if unknown := [name for name in asked.figures if name not in FIGURES]:
        parser.error(f"There is no figure {unknown[0]!r}. Known: {', '.join(FIGURES)}.")
    return asked


def measure(name: str, scale: Scale) -> Measured:
    """Measure one group of figures; what cannot be measured stands in the table, and its trace on standard error."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    flush_ms, began = measure_flush_ms(), time.monotonic()
    try:
        figures = tuple(FIGURES[name](scale))
    except Exception as error:  # noqa: BLE001 (the other figures are still wanted; the exit status tells)
        traceback.print_exc()
        said = str(error).partition("\n")[0][:200]
        return Measured((Figure(what=name, reach="", ours=f"{type(error).__name__}: {said}"),), flush_ms, failed=True)
    print(f"{name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return Measured(figures, flush_ms)


if __name__ == "__main__":
    sys.exit(main())
