"""Ways to submit jobs, each run inside an installation in a process of its own. Reports one line of JSON."""

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from django.db import transaction

from benchmarks.kinds import Call, Nap, Noop, Stamp
from benchmarks.scale import WARM_UPS
from nightdesk.engine import ringer
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.states import FINISHED, State

KINDS: Final[dict[str, type[JobArgs]]] = {"noop": Noop, "stamp": Stamp, "nap": Nap, "call": Call}
#: A pause of random length, so that no two submits meet the same moment of anybody's poll.
PAUSE_S: Final = (0.02, 0.12)
_LOOK_S: Final = 0.01


def main() -> None:
    """Run `NAME JSON-OPTIONS` and print what it reports."""
    report = WAYS[sys.argv[1]](**json.loads(sys.argv[2]))
    ringer.current().wait_until_idle(5)
    print(json.dumps(report))


def submit_many(
    *, kind: str, count: int, per_transaction: int = 1, subject: str = "", owner_id: int | None = None, **fields: Any
) -> dict[str, Any]:
    """Submit many jobs of one kind, so many in each transaction."""
    asked = KINDS[kind](**fields)
    began_at = time.time()
    for first in range(0, count, per_transaction):
        with transaction.atomic():
            for _ in range(min(per_transaction, count - first)):
                enqueue(asked, subject=subject, owner_id=owner_id)
    return {"began_at": began_at, "took_s": time.time() - began_at}


def measure_latencies(*, count: int) -> dict[str, Any]:
    """Submit jobs one at a time, each after the end of the one before; report seconds from submit to body."""
    waits = [_measure_latency() for _ in range(WARM_UPS + count)]
    return {"waits_s": waits[WARM_UPS:]}


def probe(*, seconds: float, every_s: float, nap_s: float) -> dict[str, Any]:
    """Submit an urgent job of the backlog's kind, one of another kind, and one ordinary job of another owner, in turn."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        enqueue(Nap(seconds=nap_s), priority=9, subject="urgent:same", owner_id=2)
        time.sleep(every_s / 3)
        enqueue(Stamp(), priority=9, subject="urgent:other", owner_id=2)
        time.sleep(every_s / 3)
        enqueue(Nap(seconds=nap_s), subject="owner:other", owner_id=2)
        time.sleep(every_s / 3)
    return {}


def _measure_latency() -> float:
    time.sleep(random.uniform(*PAUSE_S))
    submitted_at = time.time()
    job_id = enqueue(Stamp())
    while (state := Job.objects.values_list("state", flat=True).get(id=job_id)) not in FINISHED:
        time.sleep(_LOOK_S)
    if state != State.SUCCEEDED:
        raise RuntimeError(f"a job that stamps the time ended as {state}")
    ran_at = json.loads(JobPayload.objects.values_list("result", flat=True).get(job_id=job_id) or "null")
    return float(ran_at) - submitted_at


WAYS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "many": submit_many,
    "latencies": measure_latencies,
    "probe": probe,
}
