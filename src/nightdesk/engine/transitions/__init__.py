"""Every write to `Job`: guarded updates, judged by their row count, clocked by the database.

A trigger writes the `JobChange` whenever `version` is set, so no transition can forget it.
"""

from nightdesk.engine.transitions.claim import Claimed, Claimer, claim, reclaim
from nightdesk.engine.transitions.decide import cancel_waiting, decide_unknown, reopen, request_cancel
from nightdesk.engine.transitions.finish import Ending, finish, finish_and_claim, give_back, settle
from nightdesk.engine.transitions.insert import NewJob, insert, insert_unique
from nightdesk.engine.transitions.line import expire_late, line_up, mark_rung, ringable
from nightdesk.engine.transitions.progress import Report, flagged, report
from nightdesk.engine.transitions.rescue import Lost, lost_with_workers, rescue, running_of

__all__ = [
    "Claimed",
    "Claimer",
    "Ending",
    "Lost",
    "NewJob",
    "Report",
    "cancel_waiting",
    "claim",
    "decide_unknown",
    "expire_late",
    "finish",
    "finish_and_claim",
    "flagged",
    "give_back",
    "insert",
    "insert_unique",
    "line_up",
    "lost_with_workers",
    "mark_rung",
    "reclaim",
    "reopen",
    "report",
    "request_cancel",
    "rescue",
    "ringable",
    "running_of",
    "settle",
]
