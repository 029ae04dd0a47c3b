"""`Prefer: wait=N` (RFC 7240): answer a submit when its job is done, or after N seconds."""

import re
import time
from typing import Final
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse

from nightdesk.engine.models import Job
from nightdesk.engine.states import UNFINISHED

#: Proxies commonly cut a silent request after 60 s; half of that leaves room for everything else.
MAX_WAIT_S: Final = 30.0
#: Looks come quickly at first, for jobs of milliseconds, then four times a second.
_FIRST_PAUSE_S: Final = 0.02
_LONGEST_PAUSE_S: Final = 0.25

_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,6})\"?(?=$|[,;\s])", re.IGNORECASE)


def seconds_asked(request: HttpRequest) -> float:
    """Return how long the caller prefers to wait, at most `MAX_WAIT_S`; 0 when it did not say."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(float(found[1]), MAX_WAIT_S) if found else 0.0


def wait_for_job(job_id: UUID, *, wait_s: float) -> bool:
    """Wait until a job is final; return whether it is. Holds no transaction, and no connection while it pauses.

    Raises:
        RuntimeError: called inside a transaction, which would never see the job move.
    """
    if connection.in_atomic_block:
        raise RuntimeError("Waiting for a job inside a transaction would never see it move")
    give_up = time.monotonic() + wait_s
    pause = _FIRST_PAUSE_S
    while not _is_final(job_id):
        left = give_up - time.monotonic()
        if left <= 0:
            return False
        connection.close()
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
    return True


def confirm(response: HttpResponse, wait_s: float) -> HttpResponse:
    """Say in the answer that the wish to wait was heeded; without a wish nothing is said."""
    if wait_s:
        response["Preference-Applied"] = f"wait={wait_s:g}"
    return response


def _is_final(job_id: UUID) -> bool:
    return not Job.objects.filter(id=job_id, state__in=UNFINISHED).exists()
