<<<<<<< HEAD
"""What is done with posts and accounts."""

from nightdesk.publishing.services.accounts import (
    accounts_shown,
    change_account,
    connect_account,
    disconnect_account,
    find_account,
    journal_account,
    note_refused,
    open_connection,
    reconnect_account,
)
from nightdesk.publishing.services.content import content_for
from nightdesk.publishing.services.delivering import PlatformPost, PlatformResult, deliver
from nightdesk.publishing.services.endings import publishing_ended
from nightdesk.publishing.services.history import (
    CalendarEntry,
    HistoryRow,
    Try,
    calendar,
    describe_rows,
    history,
    latest_round,
    platform_info,
    sum_up,
)
from nightdesk.publishing.services.orders import MAX_ACCOUNTS, follow_revision, publish
from nightdesk.publishing.services.platforms import find_platform, list_platforms
from nightdesk.publishing.services.posts import create_post, find_post, save_post
from nightdesk.publishing.services.removing import Removed, removal_ended, take_away, unpublish
from nightdesk.publishing.services.resolving import (
    cancel_publishing,
    find_publishing,
    resolve_publishing,
    retry_publishing,
)
from nightdesk.publishing.services.rounds import Entry, conclude_round, entries, find_round
from nightdesk.publishing.services.scheduling import mend_scheduled, reschedule
from nightdesk.publishing.services.times import read_moment, read_zone

__all__ = [
    "MAX_ACCOUNTS",
    "CalendarEntry",
    "Entry",
    "HistoryRow",
    "PlatformPost",
    "PlatformResult",
    "Removed",
    "Try",
    "accounts_shown",
    "calendar",
    "cancel_publishing",
    "change_account",
    "conclude_round",
    "connect_account",
    "content_for",
    "create_post",
    "deliver",
    "describe_rows",
    "disconnect_account",
    "entries",
    "find_account",
    "find_platform",
    "find_post",
    "find_publishing",
    "find_round",
    "follow_revision",
    "history",
    "journal_account",
    "latest_round",
    "list_platforms",
    "mend_scheduled",
    "note_refused",
    "open_connection",
    "platform_info",
    "publish",
    "publishing_ended",
    "read_moment",
    "read_zone",
    "reconnect_account",
    "removal_ended",
    "reschedule",
    "resolve_publishing",
    "retry_publishing",
    "save_post",
    "sum_up",
    "take_away",
    "unpublish",
]
=======
"""What is done with posts, accounts, publishings and the journal."""
>>>>>>> suite
