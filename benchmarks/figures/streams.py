"""What open live streams cost: memory for each, and how soon plain requests are answered beside them."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from typing import Final

import psutil

from benchmarks.lab import open_lab
from benchmarks.numbers import percentile, write_percentiles
from benchmarks.scale import WARM_UPS, Scale
from benchmarks.table import Figure
from tests.fault.live_reader import sign_in

WANTED_BYTES: Final = 60_000
WANTED_S: Final = 0.050
REQUESTS: Final = 100
_HELLO: Final = b"event: hello"


def measure(scale: Scale) -> Iterator[Figure]:
    """Open many streams on one web process and ask for a page beside them."""
    with open_lab("postgres", "redis") as lab:
        web, cookie = lab.web().wait_ready(), sign_in(lab)
        process = psutil.Process(web.pid)
        with contextlib.ExitStack() as ending:
            for _ in range(WARM_UPS):  # what is loaded with the first streams is not theirs
                ending.enter_context(_open(web.port, cookie))
            _ask(web.port, cookie)
            before = process.memory_info().rss
            for _ in range(scale.streams):
                ending.enter_context(_open(web.port, cookie))
            each = (process.memory_info().rss - before) / scale.streams
            took = _ask(web.port, cookie)
    yield Figure(
        what=f"{scale.streams} open live streams on one web process: memory of each",
        reach=f"< {WANTED_BYTES // 1000} KB",
        ours=f"{each / 1000:.0f} KB",
        met=each < WANTED_BYTES,
    )
    yield Figure(
        what=f"a page of settings beside {scale.streams} open streams",
        reach=f"< {WANTED_S * 1000:.0f} ms",
        ours=f"{write_percentiles(took)}, longest {max(took) * 1000:.0f} ms of {len(took)}",
        met=percentile(took, 0.95) < WANTED_S,
    )


def _open(port: int, cookie: str) -> socket.socket:
    """Open a stream and wait for its hello."""
    opened = socket.create_connection(("127.0.0.1", port), timeout=30)
    opened.sendall(f"GET /live/?topics=me HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
    heard = b""
    while _HELLO not in heard:
        more = opened.recv(4096)
        if not more:
            raise RuntimeError(f"the stream ended: {heard[:300]!r}")
        heard += more
    return opened


def _ask(port: int, cookie: str) -> list[float]:
    took = []
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for _ in range(WARM_UPS + REQUESTS):
            began = time.perf_counter()
            connection.request("GET", "/settings/", headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            took.append(time.perf_counter() - began)
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"GET /settings/ answered {answer.status}")
    return took[WARM_UPS:]
