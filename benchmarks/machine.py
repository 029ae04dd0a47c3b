"""The machine under the figures: cores, memory, how long its disk takes to flush, versions."""

import os
import platform
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import psutil

from benchmarks.numbers import median
from tests.support import postgres, redis
from tests.support.processes import make_folder, remove_folder

FLUSHES: Final = 200
_BLOCK: Final = b"\0" * 4096
#: More than this many of our cores busy before we begin: somebody else is at work here.
BUSY_SHARE: Final = 0.15
_LIBRARIES: Final = ("Django", "celery", "kombu", "psycopg", "redis", "django-celery-results")


def pin_to_cores(count: int) -> str:
    """Keep this process and all that it starts on so many cores; say in words what it runs on."""
    process, all_cores = psutil.Process(), psutil.cpu_count() or 1
    if not hasattr(process, "cpu_affinity"):
        return f"all {all_cores} cores (this system cannot pin)"
    chosen = process.cpu_affinity()[:count]
    if len(chosen) < count:
        raise SystemExit(f"This machine gives {len(chosen)} cores, {count} are asked for: use --cores {len(chosen)}.")
    process.cpu_affinity(chosen)
    return f"{count} of {all_cores} cores"


def measure_flush_ms() -> float:
    """Measure the median of appending 4 KiB and flushing them, where the servers of the benchmarks keep their data."""
    folder = make_folder("flush")
    try:
        with (folder / "log").open("wb", buffering=0) as file:
            return median([_flush_once(file.fileno()) for _ in range(FLUSHES)]) * 1000
    finally:
        remove_folder(folder)


def _flush_once(descriptor: int) -> float:
    began = time.perf_counter()
    os.write(descriptor, _BLOCK)
    getattr(os, "fdatasync", os.fsync)(descriptor)
    return time.perf_counter() - began


def describe_machine(cores: str) -> Iterator[str]:
    """Give the lines that stand above the table."""
    memory_gib = psutil.virtual_memory().total / 2**30
    yield f"Machine: {_read_processor()}, {cores}, {memory_gib:.0f} GiB of memory, {platform.system()}."
    yield f"Disk: one flush (4 KiB, fdatasync) takes {measure_flush_ms():.2f} ms in the median of {FLUSHES}."
    libraries = ", ".join(f"{name} {_read_version(name)}" for name in _LIBRARIES)
    yield f"Versions: Python {platform.python_version()}, {libraries}, {', '.join(_read_servers())}."
    busy = psutil.cpu_percent(interval=2.0) / 100
    quiet = "quiet" if busy < BUSY_SHARE else "NOT QUIET: the figures below are too low"
    yield f"Before the run {busy * 100:.0f} % of the processor was in use: {quiet}."


def _read_processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine() or sys.platform


def _read_version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        raise SystemExit(f"{library} is not installed: run make bench, which installs what the peers need.") from None


def _read_servers() -> Iterator[str]:
    yield f"SQLite {sqlite3.sqlite_version}"
    programs = postgres.prepare_programs(postgres.find_programs())
    for name, command in (("PostgreSQL", programs / "postgres"), ("Redis", redis.find_program())):
        said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"\d+\.\d+(\.\d+)?", said)
        yield f"{name} {found[0] if found else said.strip()}"
