"""What is done with posts and with accounts on platforms."""

from nightdesk.publishing.services.accounts import (
    accounts_shown,
    ask_for_check,
    change_account,
    connect_account,
    describe_connection,
    disconnect_account,
    find_account,
    journal_account,
    make_credentials,
    note_refused,
    open_connection,
    reconnect_account,
)
from nightdesk.publishing.services.checking import EXPIRING, check_account, check_all_accounts
from nightdesk.publishing.services.content import build_content, content_for
from nightdesk.publishing.services.copying import TARGETS, CopyText, copy_text
from nightdesk.publishing.services.delivering import PlatformPost, PlatformResult, deliver
from nightdesk.publishing.services.editing import EDITOR_LEASE, editor_of, hold_editor, leave_editor
from nightdesk.publishing.services.endings import publishing_ended
from nightdesk.publishing.services.fields import CONTENT_FIELDS, OVERRIDABLE, PostFields
from nightdesk.publishing.services.following import follow_revision
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
from nightdesk.publishing.services.orders import MAX_ACCOUNTS, publish
from nightdesk.publishing.services.platforms import find_platform, list_platforms
from nightdesk.publishing.services.posts import CHOSEN, create_post, delete_post, find_post, move_post, posts_shown
from nightdesk.publishing.services.previews import preview, show_pictures
from nightdesk.publishing.services.removing import Removed, removal_ended, take_away, unpublish
from nightdesk.publishing.services.resolving import (
    cancel_publishing,
    find_publishing,
    resolve_publishing,
    retry_publishing,
)
from nightdesk.publishing.services.revisions import (
    content_of,
    list_revisions,
    read_revision,
    restore_revision,
    save_post,
)
from nightdesk.publishing.services.rounds import Entry, conclude_round, entries, find_round
from nightdesk.publishing.services.scheduling import mend_scheduled, reschedule
from nightdesk.publishing.services.times import read_moment, read_zone

__all__ = [
    "CHOSEN",
    "CONTENT_FIELDS",
    "EDITOR_LEASE",
    "EXPIRING",
    "MAX_ACCOUNTS",
    "OVERRIDABLE",
    "TARGETS",
    "CalendarEntry",
    "CopyText",
    "Entry",
    "HistoryRow",
    "PlatformPost",
    "PlatformResult",
    "PostFields",
    "Removed",
    "Try",
    "accounts_shown",
    "ask_for_check",
    "build_content",
    "calendar",
    "cancel_publishing",
    "change_account",
    "check_account",
    "check_all_accounts",
    "conclude_round",
    "connect_account",
    "content_for",
    "content_of",
    "copy_text",
    "create_post",
    "delete_post",
    "deliver",
    "describe_connection",
    "describe_rows",
    "disconnect_account",
    "editor_of",
    "entries",
    "find_account",
    "find_platform",
    "find_post",
    "find_publishing",
    "find_round",
    "follow_revision",
    "history",
    "hold_editor",
    "journal_account",
    "latest_round",
    "leave_editor",
    "list_platforms",
    "list_revisions",
    "make_credentials",
    "mend_scheduled",
    "move_post",
    "note_refused",
    "open_connection",
    "platform_info",
    "posts_shown",
    "preview",
    "publish",
    "publishing_ended",
    "read_moment",
    "read_revision",
    "read_zone",
    "reconnect_account",
    "removal_ended",
    "reschedule",
    "resolve_publishing",
    "restore_revision",
    "retry_publishing",
    "save_post",
    "show_pictures",
    "sum_up",
    "take_away",
    "unpublish",
]
