"""Ways to submit jobs, each run inside an installation in a process of its own. Reports one line of JSON."""

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from benchmarks.kinds import Call, Nap, Noop, Stamp
from benchmarks.scale import WARM_UPS
from nightdesk.accounts.services import ensure_owner
from nightdesk.campaigns.models import Campaign, ContentPiece, Origin, PieceVersion, WritingStatus
from nightdesk.campaigns.services import create_campaign
from nightdesk.engine import ringer
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.states import FINISHED, State
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.protocol import PieceRequest
from nightdesk.providers.text.template.writer import TemplateWriter

KINDS: Final[dict[str, type[JobArgs]]] = {"noop": Noop, "stamp": Stamp, "nap": Nap, "call": Call}
#: A pause of random length, so that no two submits meet the same moment of anybody's poll.
PAUSE_S: Final = (0.02, 0.12)
_LOOK_S: Final = 0.01
#: Rows in one INSERT of many.
_ROWS: Final = 500
#: Between two changes of a job that is looked at: longer than the slowest screen should take.
CHANGE_PAUSE_S: Final = (0.15, 0.45)


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


def submit_campaigns(*, count: int, **fields: Any) -> dict[str, Any]:
    """Make written campaigns by the thousand, one of them with a brand kit, edited pieces and a job that can be looked at."""
    owner_id = ensure_owner()[0].pk
    campaign = create_campaign(**fields, channels=list(Channel), created_by_id=owner_id)
    request = {name: value for name, value in fields.items() if name != "name"}
    drafts = [TemplateWriter().write(PieceRequest(channel=channel, **request)) for channel in Channel]
    copies = [
        Campaign(
            name=f"{campaign.name} {number}",
            brief=campaign.brief,
            channels=campaign.channels,
            language=campaign.language,
            ai_processing_status=WritingStatus.COMPLETED,
            ai_processed_at=campaign.created_at,
        )
        for number in range(count - 1)
    ]
    for first in range(0, len(copies), _ROWS):
        made = [campaign] if first == 0 else []
        made += Campaign.objects.bulk_create(copies[first : first + _ROWS])
        ContentPiece.objects.bulk_create(
            ContentPiece(campaign=one, channel=draft.channel, fields=draft.fields, made_by=draft.made_by, generation=1)
            for one in made
            for draft in drafts
        )
    if not copies:
        return {"campaign": campaign.pk, "job": str(campaign.task_id)}
    pieces = ContentPiece.objects.filter(campaign=campaign)
    PieceVersion.objects.bulk_create(
        PieceVersion(
            piece=piece, number=number, fields=piece.fields, made_by=piece.made_by, origin=Origin.WRITTEN, generation=1
        )
        for piece in pieces
        for number in range(1, 21)
    )
    pieces.update(version=20)
    return {"campaign": campaign.pk, "job": str(campaign.task_id)}


def submit_campaigns_to_write(*, count: int, **fields: Any) -> dict[str, Any]:
    """Ask for the content of many campaigns."""
    owner_id = ensure_owner()[0].pk
    for _ in range(count):
        create_campaign(**fields, channels=list(Channel), created_by_id=owner_id)
    return {}


def change_job(*, job_id: str, count: int) -> dict[str, Any]:
    """Change a job, its progress and its state in turn; report when each version was committed."""
    committed_at: dict[int, float] = {}
    states = (State.RUNNING, State.WAITING)
    for number in range(count):
        time.sleep(random.uniform(*CHANGE_PAUSE_S))
        moved = {"state": states[number // 2 % 2]} if number % 2 == 0 else {"progress": number % 100}
        Job.objects.filter(id=job_id).update(version=F("version") + 1, **moved)
        committed_at[Job.objects.values_list("version", flat=True).get(id=job_id)] = time.time()
    return {"committed_at": committed_at}


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
    "campaigns": submit_campaigns,
    "campaigns_to_write": submit_campaigns_to_write,
    "changes": change_job,
}
