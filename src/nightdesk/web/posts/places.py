"""Where posts are out, or on their way to: a word for each account, for lists and for the calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.publishing.models import Post, PublishedPost, Status
from nightdesk.web.posts.accounts import GLYPHS

#: status -> (look, word).
STATUSES: Final[dict[str, tuple[str, Promise]]] = {
    Status.PENDING: ("waiting", _("Queued")),
    Status.PROCESSING: ("running", _("Publishing")),
    Status.SUCCESS: ("done", _("Published")),
    Status.FAILED: ("failed", _("Failed")),
    Status.UNCONFIRMED: ("unsure", _("Unconfirmed")),
    Status.SKIPPED: ("ended", _("Skipped")),
    Status.MISSED: ("late", _("Missed")),
}


@dataclass(frozen=True, slots=True)
class Place:
    """What became of a post on one account."""

    row: PublishedPost

    @property
    def glyph(self) -> str:
        """Two letters that stand for the platform."""
        return GLYPHS[self.row.platform]

    @property
    def name(self) -> str:
        """How people know the account."""
        return self.row.account.handle or self.row.account.name

    @property
    def look(self) -> str:
        """Shape and colour."""
        return "ended" if self.row.removed_at else STATUSES[self.row.status][0]

    @property
    def word(self) -> Promise:
        """The state in words."""
        if self.row.removed_at:
            return _("Taken down")
        if self.row.status == Status.PENDING and self.row.scheduled_at:
            return _("Scheduled")
        return STATUSES[self.row.status][1]


def find_places(posts: Iterable[Post]) -> dict[int, list[Place]]:
    """Return where each of these posts is out or on its way to, the newest revision of each account; one query."""
    found: dict[int, dict[int, Place]] = {post.pk: {} for post in posts}
    rows = PublishedPost.objects.filter(post_id__in=found).select_related("account").defer("payload", "prepared")
    for row in rows.order_by("account__platform", "account_id", "revision"):
        found[row.post_id][row.account_id] = Place(row)
    return {post_id: list(places.values()) for post_id, places in found.items()}
