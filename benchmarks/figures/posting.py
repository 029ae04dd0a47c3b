"""How soon a campaign is accepted: POST /api/campaigns/ with 8 requests in flight, also while the broker is down."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from benchmarks.lab import Lab, open_lab
from benchmarks.numbers import percentile, write_percentiles
from benchmarks.scale import WARM_UPS, Scale
from benchmarks.table import Figure
from tests.support.nightdesk import Broker, Database

IN_FLIGHT: Final = 8
WANTED_S: Final = 0.100
WANTED_BROKER_DOWN_S: Final = 1.0
STACKS: Final[tuple[tuple[Database, Broker], ...]] = (("postgres", "redis"), ("sqlite", "files"))
CAMPAIGN: Final = {
    "name": "Autumn offer",
    "brief": "Our oak desks are 20 % off until the end of October. Free delivery within two weeks, ten years of warranty.",
    "product": "Oak desk",
    "audience": "People who work from home",
    "tone": "friendly",
    "language": "en",
}
_MAKE_OWNER: Final = "from nightdesk.accounts.services import ensure_owner; ensure_owner()"


def measure(scale: Scale) -> Iterator[Figure]:
    """Measure on both databases with a worker that writes the content meanwhile, then with Redis killed."""
    for database, broker in STACKS:
        with open_lab(database, broker) as lab:
            web, token = lab.web().wait_ready(), make_token(lab)
            lab.worker("a", pool="threads", concurrency=8).wait_ready()
            took = post_all(web.port, token, scale.posts)
            yield _describe(f"{database} + {broker}, a worker at work", took, WANTED_S)
            if lab.redis is not None:
                lab.redis.kill9()
                took = post_all(web.port, token, scale.posts)
                yield _describe(f"{database}, {broker} killed", took, WANTED_BROKER_DOWN_S)
                lab.redis.start()
            lab.wait_all_done(limit_s=120)


def make_token(lab: Lab) -> str:
    """Make the owner and a token of theirs."""
    lab.run_script(_MAKE_OWNER)
    return lab.run_command("token", "create").strip()


def post_all(port: int, token: str, count: int) -> list[float]:
    """Post `count` campaigns from 8 clients with a connection each; return how long each took, in seconds.

    Raises:
        RuntimeError: an answer was not 201.
    """
    start = threading.Barrier(IN_FLIGHT)

    def post_some(_: int) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            for _warm_up in range(WARM_UPS):
                _post(connection, token)
            start.wait(60)
            return [_post(connection, token) for _timed in range(count // IN_FLIGHT)]
        finally:
            connection.close()

    with ThreadPoolExecutor(IN_FLIGHT) as clients:
        return [took for each in clients.map(post_some, range(IN_FLIGHT)) for took in each]


def _post(connection: http.client.HTTPConnection, token: str) -> float:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    began = time.perf_counter()
    connection.request("POST", "/api/campaigns/", body=json.dumps(CAMPAIGN), headers=headers)
    answer = connection.getresponse()
    said = answer.read()
    took = time.perf_counter() - began
    if answer.status != http.HTTPStatus.CREATED:
        raise RuntimeError(f"POST /api/campaigns/ answered {answer.status}: {said[:300]!r}")
    return took


def _describe(where: str, took: list[float], wanted_s: float) -> Figure:
    return Figure(
        what=f"POST /api/campaigns/, {IN_FLIGHT} requests in flight, {where}",
        reach=f"p95 < {wanted_s * 1000:.0f} ms",
        ours=f"{write_percentiles(took)}, longest {max(took) * 1000:.0f} ms of {len(took)}",
        met=percentile(took, 0.95) < wanted_s,
    )
