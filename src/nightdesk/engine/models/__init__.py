"""The engine's rows. `Job` is narrow because it is hot; every write to it lives in `engine.transitions`."""

from nightdesk.engine.models.control import Lease, Limit, Queue, ScheduleCursor, Worker
from nightdesk.engine.models.job import Attempt, Effect, Job, JobChange, JobPayload, JobStep

__all__ = [
    "Attempt",
    "Effect",
    "Job",
    "JobChange",
    "JobPayload",
    "JobStep",
    "Lease",
    "Limit",
    "Queue",
    "ScheduleCursor",
    "Worker",
]
