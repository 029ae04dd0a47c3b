"""Many writers at once, run inside an installation: jobs that move fast, one transaction that stays open.

Each writer has a thread and a connection of its own. Prints one JSON line for each final state: the job's id and the
moment of its commit.
"""

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils import timezone

from nightdesk.core.ids import new_job_id
from nightdesk.engine import sql
from nightdesk.engine.models import Job

CHANGES_A_JOB = 5  # made, running, two of progress, final


def main(writers: int, jobs_each: int, hold_s: float) -> None:
    """Let `writers` threads make `jobs_each` jobs each; the first does all of its own in one transaction held open."""
    start = threading.Barrier(writers)
    with ThreadPoolExecutor(writers) as pool:
        writing = [pool.submit(write, start, jobs_each, hold_s if number == 0 else 0.0) for number in range(writers)]
    for writer in writing:
        writer.result()  # a writer that failed fails the script


def write(start: threading.Barrier, jobs: int, hold_s: float) -> None:
    """Make one writer's jobs and move them to their final state."""
    connection.ensure_connection()
    start.wait()
    finals: list[tuple[UUID, float]] = []
    with sql.writing() if hold_s else nullcontext():
        finals.extend((finish_one(), time.time()) for _ in range(jobs))
        time.sleep(hold_s)
    committed_at = time.time()
    for job_id, at in finals:
        sys.stdout.write(json.dumps([str(job_id), committed_at if hold_s else at]) + "\n")
    connection.close()


def finish_one() -> UUID:
    """Make a job and change it until it is done; each change is a commit unless the caller holds a transaction."""
    now = timezone.now()
    job_id = new_job_id()
    with sql.single():
        Job.objects.create(
            id=job_id, kind="tests.load", queue="default", priority=5, run_at=now, created_at=now, subject="load:1"
        )
    for fields in ({"state": "running"}, {"progress": 30}, {"progress": 60}, {"state": "succeeded", "progress": 100}):
        with sql.single():
            Job.objects.filter(id=job_id).update(version=F("version") + 1, **fields)
    return job_id


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
