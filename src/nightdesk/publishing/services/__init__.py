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
from nightdesk.publishing.services.editing import EDITOR_LEASE, editor_of, hold_editor, leave_editor
from nightdesk.publishing.services.fields import CONTENT_FIELDS, OVERRIDABLE, PostFields
from nightdesk.publishing.services.following import follow_revision
from nightdesk.publishing.services.platforms import find_platform, list_platforms
from nightdesk.publishing.services.posts import (
    CHOSEN,
    create_post,
    delete_post,
    find_post,
    move_post,
    posts_shown,
)
from nightdesk.publishing.services.previews import preview
from nightdesk.publishing.services.revisions import (
    content_of,
    list_revisions,
    read_revision,
    restore_revision,
    save_post,
)

__all__ = [
    "CHOSEN",
    "CONTENT_FIELDS",
    "EDITOR_LEASE",
    "EXPIRING",
    "OVERRIDABLE",
    "TARGETS",
    "CopyText",
    "PostFields",
    "accounts_shown",
    "ask_for_check",
    "build_content",
    "change_account",
    "check_account",
    "check_all_accounts",
    "connect_account",
    "content_for",
    "content_of",
    "copy_text",
    "create_post",
    "delete_post",
    "describe_connection",
    "disconnect_account",
    "editor_of",
    "find_account",
    "find_platform",
    "find_post",
    "follow_revision",
    "hold_editor",
    "journal_account",
    "leave_editor",
    "list_platforms",
    "list_revisions",
    "make_credentials",
    "move_post",
    "note_refused",
    "open_connection",
    "posts_shown",
    "preview",
    "read_revision",
    "reconnect_account",
    "restore_revision",
    "save_post",
]
