"""Uploads: how long a large photograph takes, how well it is shrunk, what is refused how fast, and what a hundred cost."""

import io
import json
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self

import httpx2
import numpy as np
import skimage.data
from PIL import Image
from skimage.metrics import structural_similarity

from benchmarks.figures.memory import sum_pss_bytes
from benchmarks.figures.posting import make_token
from benchmarks.numbers import median, write_spread
from benchmarks.scale import Scale
from benchmarks.table import Figure
from nightdesk.providers.images.errors import Rejected
from nightdesk.providers.images.ingest import read_header
from tests.support.environment import complete_environment
from tests.support.nightdesk import Installation
from tests.support.processes import Process, make_folder, remove_folder, wait_until

WIDTH, HEIGHT = 6000, 4000  # 24 megapixels
WANTED_MS: Final = 250.0
WANTED_MB: Final = 120.0
WANTED_SSIM: Final = 0.955
WANTED_REFUSAL_MS: Final = 20.0
UPLOADS: Final = 100
WORKERS: Final = 2
WANTED_WORKER_MB: Final = 200.0
_LIMIT_S: Final = 600.0
_LOOK_S: Final = 0.05
_PEERS: Final = (("Pillow", "pillow"), ("OpenCV", "opencv"))


def measure(scale: Scale) -> Iterator[Figure]:
    """Shrink a photograph in processes of their own, refuse bombs, then upload a hundred at once to a running system."""
    folder = make_folder("uploads")
    try:
        photograph = folder / "photograph.jpg"
        photograph.write_bytes(make_photograph())
        yield from _measure_shrinking(folder, photograph, times=max(3, scale.repetitions))
        yield _measure_refusals()
        yield _measure_many(photograph.read_bytes())
    finally:
        remove_folder(folder)


def make_photograph() -> bytes:
    """Enlarge scikit-image's photograph of coffee to 24 megapixels, with the noise of a camera in daylight, as JPEG."""
    small = Image.fromarray(skimage.data.coffee())
    large = np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)).astype(np.float32)
    noise = np.random.default_rng(24).normal(0, 2, (HEIGHT, WIDTH, 1)).astype(np.float32)
    buffer = io.BytesIO()
    Image.fromarray((large + noise).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _measure_shrinking(folder: Path, photograph: Path, times: int) -> Iterator[Figure]:
    found = {way: _shrink(way, photograph, folder, times) for way in ("ours", "library", "pillow", "opencv")}
    ours, peers = found["ours"], {"Pillow": found["pillow"], "OpenCV": found["opencv"]}
    megabytes = photograph.stat().st_size / 1e6
    what = f"24 MP JPEG ({megabytes:.1f} MB) to WebP within 1200 x 800 and three small ones"
    took_ms = median(ours["ms"])
    yield Figure(
        what=f"{what}, warm",
        reach=f"<= {WANTED_MS:g} ms",
        ours=f"{write_spread(ours['ms'])} ms ({ours['used_ms']:.0f} ms of processor time)",
        peers=", ".join(f"{name} {write_spread(one['ms'])} ms" for name, one in peers.items()),
        ratio=f"{took_ms / min(median(one['ms']) for one in peers.values()):.2f}",
        met=took_ms <= WANTED_MS,
    )
    yield Figure(
        what=f"{what}: peak memory of the process, Python and libraries included",
        reach=f"<= {WANTED_MB:g} MB",
        ours=f"{ours['peak_mb']:.0f} MB",
        peers=", ".join(f"{name} {one['peak_mb']:.0f} MB" for name, one in peers.items()),
        ratio=f"{ours['peak_mb'] / min(one['peak_mb'] for one in peers.values()):.2f}",
        met=ours["peak_mb"] <= WANTED_MB,
    )
    yield _compare(folder, photograph)
    yield Figure(
        what="the same photograph kept in its full size (JPEG), with three small ones, as the library does",
        reach="",
        ours=f"{write_spread(found['library']['ms'])} ms, peak {found['library']['peak_mb']:.0f} MB",
    )


def _shrink(way: str, photograph: Path, folder: Path, times: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.shrinking_picture", way, photograph, folder / f"{way}.webp", times]
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=True, env=complete_environment({})
    )
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def _compare(folder: Path, photograph: Path) -> Figure:
    """Hold what was shrunk against a full decode and Lanczos without any loss."""
    with Image.open(photograph) as picture:
        large = picture.convert("RGB").resize((1200, 800), Image.Resampling.LANCZOS, reducing_gap=None)
    luminance, colours = np.asarray(large.convert("L")), np.asarray(large)
    found, in_colour = {}, {}
    for way in ("ours", "pillow", "opencv"):
        with Image.open(folder / f"{way}.webp") as picture:
            found[way] = structural_similarity(np.asarray(picture.convert("L")), luminance)
            in_colour[way] = structural_similarity(np.asarray(picture.convert("RGB")), colours, channel_axis=-1)
    return Figure(
        what="SSIM (of luminance) of that WebP against a full Lanczos resize of the same photograph, before it is encoded",
        reach=f">= {WANTED_SSIM:g}",
        ours=f"{found['ours']:.3f}; mean of red, green, blue {in_colour['ours']:.3f}",
        peers=", ".join(f"{name} {found[way]:.3f}; {in_colour[way]:.3f}" for name, way in _PEERS),
        met=found["ours"] >= WANTED_SSIM,
    )


def _measure_refusals() -> Figure:
    wrong = {
        "225 MP PNG of 1 MB": _make_bomb(),
        "10,000-frame GIF": _make_long_gif(10_000),
        "SVG named .jpg": b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 1000,
    }
    took_ms = {}
    for name, data in wrong.items():
        took = []
        for _ in range(20):
            began = time.perf_counter()
            try:
                read_header(data, field="image")
            except Rejected:
                took.append((time.perf_counter() - began) * 1000)
        if len(took) < 20:
            raise RuntimeError(f"{name} was not refused")
        took_ms[name] = max(took)
    slowest = max(took_ms.values())
    return Figure(
        what="a bomb or a wrong type is refused, from its header alone (slowest of 20)",
        reach=f"<= {WANTED_REFUSAL_MS:g} ms",
        ours=", ".join(f"{name} {took:.2f} ms" for name, took in took_ms.items()),
        met=slowest <= WANTED_REFUSAL_MS,
    )


def _make_bomb() -> bytes:
    packer = zlib.compressobj(9)
    rows = bytes((1 + 15_000 * 3) * 1000)
    pixels = b"".join(packer.compress(rows) for _ in range(15)) + packer.flush()
    parts = ((b"IHDR", (15_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"), (b"IDAT", pixels), (b"IEND", b""))
    chunks = (len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4) for kind, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _make_long_gif(frames: int) -> bytes:
    frame = b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    return b"GIF89a\x01\0\x01\0\x80\0\0" + bytes(6) + frame * frames + b";"


def _measure_many(photograph: bytes) -> Figure:
    """Upload a hundred at once, 16 requests at a time, and watch the processes that read them."""
    installation = Installation()
    try:
        installation.migrate()
        web = installation.web().wait_ready()
        worker = installation.worker(pool="prefork", concurrency=WORKERS, queues=["cpu"]).wait_ready()
        token = make_token(installation)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"}
        with _Peak(worker) as peaks, httpx2.Client(base_url=web.url, timeout=120, headers=headers) as client:
            began = time.monotonic()

            def upload(_: int) -> None:
                client.post("/api/v1/assets/", content=photograph).raise_for_status()

            with ThreadPoolExecutor(16) as threads:
                list(threads.map(upload, range(UPLOADS)))
            accepted_s = time.monotonic() - began
            wait_until(lambda: _count_ready(installation) == UPLOADS, _LIMIT_S, "all uploads are ready")
            took_s = time.monotonic() - began
    finally:
        installation.close()
    return Figure(
        what=f"{UPLOADS} uploads of that photograph at once, kept in full size by {WORKERS} processes: the most that the whole "
        "worker held (PSS)",
        reach=f"<= {WORKERS} x {WANTED_WORKER_MB:g} MB",
        ours=f"{peaks.most_mb:.0f} MB; accepted after {accepted_s:.0f} s, all ready after {took_s:.0f} s",
        met=peaks.most_mb <= WORKERS * WANTED_WORKER_MB,
    )


def _count_ready(installation: Installation) -> int:
    return int(str(installation.sql("SELECT count(*) FROM images_asset WHERE state = 'ready'")[0][0]))


class _Peak:
    """The most that a worker with its processes held while this was open, pages that they share counted once."""

    def __init__(self, worker: Process) -> None:
        self.most_mb = 0.0
        self._worker = worker
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_LOOK_S):
            self.most_mb = max(self.most_mb, sum(sum_pss_bytes(self._worker).values()) / 1e6)
