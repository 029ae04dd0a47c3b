"""Accounts as the pages of posts show them: where they stand, and what a post still lacks for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.publishing.protocol import Complaint, Count, Platform, PlatformInfo, Rendering, Unit
from nightdesk.publishing import services
from nightdesk.publishing.models import Health, PlatformAccount, Post

#: health -> (look, word).
HEALTHS: Final[dict[str, tuple[str, Promise]]] = {
    Health.UNCHECKED: ("waiting", _("Being checked")),
    Health.OK: ("done", _("Works")),
    Health.EXPIRING: ("late", _("Ends soon")),
    Health.TROUBLE: ("late", _("Could not be checked")),
    Health.RECONNECT: ("failed", _("Reconnect it")),
}
#: What a reader sees of a platform where there is no room for its name.
GLYPHS: Final[dict[str, str]] = {
    Platform.JOURNAL: "Jo",
    Platform.DEV_TO: "De",
    Platform.WORDPRESS: "Wp",
    Platform.GHOST: "Gh",
    Platform.MASTODON: "Ma",
    Platform.BLUESKY: "Bl",
    Platform.TELEGRAM: "Te",
    Platform.DISCORD: "Di",
    Platform.SLACK: "Sl",
    Platform.WEBHOOK: "Wh",
}
_PARTS: Final[dict[str, Promise]] = {
    "title": _("Title"),
    "body": _("Text"),
    "excerpt": _("Excerpt"),
    "tags": _("Tags"),
    "images": _("Pictures"),
    "alt": _("Description of pictures"),
    "image_bytes": _("Size of pictures"),
}
_UNITS: Final[dict[str, Promise]] = {
    Unit.CHARACTERS: _("characters"),
    Unit.GRAPHEMES: _("characters as readers see them"),
    Unit.UTF16: _("UTF-16 units"),
    Unit.BYTES: _("bytes"),
}
#: Where a part of a post is mended: the id of its field in the editor.
_FIELDS: Final = {"images": "body", "alt": "body", "image_bytes": "body"}


@dataclass(frozen=True, slots=True)
class Account:
    """An account with its platform and where it stands; `is_own`: the post is different there."""

    row: PlatformAccount
    info: PlatformInfo
    is_own: bool = False

    @property
    def glyph(self) -> str:
        """Two letters that stand for the platform."""
        return GLYPHS[self.row.platform]

    @property
    def name(self) -> str:
        """How people know it: the handle on the platform, or the name that was given here."""
        return self.row.handle or self.row.name

    @property
    def look(self) -> str:
        """Shape and colour of its health."""
        return HEALTHS[self.row.health][0]

    @property
    def word(self) -> Promise:
        """Its health in words."""
        return HEALTHS[self.row.health][1]

    @property
    def is_off(self) -> bool:
        """Whether nothing can be sent with it."""
        return self.row.health == Health.RECONNECT


@dataclass(frozen=True, slots=True)
class Meter:
    """How much of a limit of a platform is used, in words."""

    count: Count

    @property
    def part(self) -> Promise | str:
        """What is counted."""
        return _PARTS.get(self.count.part, self.count.part)

    @property
    def unit(self) -> Promise | str:
        """In what it is counted; "" for things, as tags."""
        return _UNITS.get(self.count.unit, "")


@dataclass(frozen=True, slots=True)
class Check:
    """A post against an account: what it would look like there, and what is wrong with it."""

    account: Account
    rendering: Rendering

    @property
    def meters(self) -> list[Meter]:
        """The limits, as far as anything of them is used."""
        return [Meter(count) for count in self.rendering.counts if count.used]

    @property
    def blockers(self) -> list["Remark"]:
        """What keeps it off the platform."""
        return [Remark(one) for one in self.rendering.complaints if one.is_blocking]

    @property
    def warnings(self) -> list["Remark"]:
        """What may surprise its author."""
        return [Remark(one) for one in self.rendering.complaints if not one.is_blocking]


@dataclass(frozen=True, slots=True)
class Remark:
    """A complaint, with the field where it is mended."""

    complaint: Complaint

    @property
    def message(self) -> str:
        """What is wrong, in words."""
        return self.complaint.message

    @property
    def field(self) -> str:
        """The id of the field in the editor."""
        return _FIELDS.get(self.complaint.part, self.complaint.part)


def list_accounts(post: Post | None = None) -> list[Account]:
    """List the accounts that posts can go to, the journal first."""
    rows = sorted(services.accounts_shown(), key=lambda row: row.platform != Platform.JOURNAL)
    own = post.overrides if post is not None else {}
    return [Account(row, services.find_platform(row.platform).info, str(row.pk) in own) for row in rows]


def check_post(post: Post, account: Account, draft: Mapping[str, Any] | None = None) -> Check:
    """Look what a post would be on an account; `draft`: fields of the editor that are not saved yet. No network."""
    try:
        rendering = services.preview(post=post, account=account.row, draft=draft)
    except Misconfigured as fault:
        rendering = Rendering(payload={}, complaints=(Complaint(part="account", message=fault.public_message),))
    return Check(account, rendering)
