"""Posts and their revisions, accounts on platforms, and what was published where."""

from nightdesk.publishing.models.accounts import Health, PlatformAccount
from nightdesk.publishing.models.journal import JournalEntry
from nightdesk.publishing.models.posts import (
    MAX_BODY_CHARS,
    MAX_EXCERPT_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TITLE_CHARS,
    MAX_URL_CHARS,
    Post,
    PostPicture,
    PostRevision,
    PostState,
)
from nightdesk.publishing.models.publishings import (
    UNSETTLED,
    Action,
    PublishedPost,
    PublishRound,
    Status,
)

__all__ = [
    "MAX_BODY_CHARS",
    "MAX_EXCERPT_CHARS",
    "MAX_TAGS",
    "MAX_TAG_CHARS",
    "MAX_TITLE_CHARS",
    "MAX_URL_CHARS",
    "UNSETTLED",
    "Action",
    "Health",
    "JournalEntry",
    "PlatformAccount",
    "Post",
    "PostPicture",
    "PostRevision",
    "PostState",
    "PublishRound",
    "PublishedPost",
    "Status",
]
