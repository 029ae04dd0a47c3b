"""What is asked of those who publish posts, and what they give back.

A post is published in four moves, so that it can be neither lost nor doubled:

    render    pure: the very payload, its counts and complaints; what the preview shows is what is frozen and sent
    prepare   repeatable: pictures, a draft; what is made here is invisible to readers
    commit    one call that makes the post visible
    find      read only: whether an earlier `commit`, whose answer was lost, arrived

Errors of vendors stop here. An adapter raises `Permanent` (refused: nothing happened), `Throttled` or `Transient`
(nothing happened, later), `AccountRefused` (the credentials do not work any more) or `OutcomeUnknown` (nobody can say).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from nightdesk.core.errors import Permanent


class Platform(StrEnum):
    """Where posts go, in the words of the API."""

    JOURNAL = "journal"
    DEV_TO = "dev.to"
    WORDPRESS = "wordpress"
    GHOST = "ghost"
    MASTODON = "mastodon"
    BLUESKY = "bluesky"
    TELEGRAM = "telegram"
    DISCORD = "discord"
    SLACK = "slack"
    WEBHOOK = "webhook"


class Unit(StrEnum):
    """What a platform counts its limits in."""

    CHARACTERS = "characters"  # Unicode code points
    GRAPHEMES = "graphemes"  # what a reader takes for one character
    UTF16 = "utf16"  # code units, as JavaScript and Telegram count
    BYTES = "bytes"  # of UTF-8
    ITEMS = "items"  # of a list, as tags


class Certainty(StrEnum):
    """How a platform keeps a post from being doubled when an answer is lost."""

    KEY = "key"  # the same call with the same key again makes no second post
    DRAFT = "draft"  # making a draft visible twice is the same as once
    OURS = "ours"  # in the same transaction as our own state
    NONE = "none"  # nobody can look: one attempt, then a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something a person fills in: a credential of an account, or an option of a post on one platform.

    `kind`: text, secret, url, flag or choice. `choices` are (value, words for people).
    """

    name: str
    title: str
    kind: str = "text"
    help: str = ""
    is_required: bool = False
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    most_chars: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformInfo:
    """What a person should know of a platform before they connect it.

    `parts`: which parts of a post it shows: title, body, excerpt, tags, canonical_url, cover, images.
    """

    platform: Platform
    title: str
    credentials: tuple[Field, ...]
    options: tuple[Field, ...] = ()
    parts: tuple[str, ...] = ()
    certainty: Certainty = Certainty.NONE
    can_update: bool = False
    can_delete: bool = False
    needs_public_pictures: bool = False  # it fetches pictures from our address instead of taking bytes
    is_long: bool = False  # takes whole articles; the others take short texts
    how_to_connect: str = ""  # where the credentials are found, in a sentence
    weak_points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most that a platform takes of one part of a post. `most_bytes`: a second ceiling, in bytes of UTF-8."""

    part: str  # title, body, excerpt, tags, images, alt, image_bytes
    unit: Unit
    most: int
    most_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An account on a platform, with what opens it. `learned` is what the last check found (`Standing.learned`)."""

    account_id: int
    credentials: Mapping[str, str] = field(repr=False)
    learned: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)  # the account's defaults of `PlatformInfo.options`


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an account stands after a check. `learned` is JSON without secrets, kept for later runs (ids, limits)."""

    handle: str  # as people know it: @nightdesk@example.social
    url: str = ""
    expires_at: datetime | None = None
    learned: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a post. `public_url` is where everybody can fetch it, "" where nobody outside can."""

    asset_id: str
    alt: str
    content_type: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    public_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A post as one account gets it: overrides are already in it.

    `body` is CommonMark whose pictures are `![alt](asset:<id>)`; `pictures` holds each of them by asset id. With
    `is_body_meant` the body was written for this very platform and is not to be shortened to excerpt and link.
    """

    title: str
    body: str
    excerpt: str = ""
    tags: tuple[str, ...] = ()
    canonical_url: str = ""
    cover: Picture | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    is_body_meant: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How much of a limit is used."""

    part: str
    unit: Unit
    used: int
    most: int

    @property
    def is_over(self) -> bool:
        """Whether it is too much."""
        return self.used > self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What keeps a post off a platform (`is_blocking`), or may surprise its author. `part` is where to mend it."""

    part: str
    message: str
    is_blocking: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A post as a platform gets it. `payload` is JSON, frozen before the first call; pictures are asset ids in it.

    `preview_html` is cleaned and safe to show; pictures in it are `<img src="asset:<id>">`.
    """

    payload: Mapping[str, Any]
    counts: tuple[Count, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    preview_html: str = ""

    @property
    def is_blocked(self) -> bool:
        """Whether it cannot be published as it stands."""
        return any(one.is_blocking for one in self.complaints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One post for one account, frozen: every run of it sees the same. `key` fits headers and addresses: a-z, 0-9, -.

    `pictures` describes the assets that the payload names. `first_sent_at`: when a commit may have been sent first.
    """

    key: str
    slug: str
    frozen_at: datetime
    payload: Mapping[str, Any]
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    first_sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A post that is there. `id` and `url` are the platform's ("" where it tells none); `extra` is JSON for `update`."""

    id: str
    url: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


class Desk(Protocol):
    """The run that an adapter works for. Everything here may raise to stop it (cancelled, out of time, no longer ours)."""

    def progress(self, percent: int, message: str) -> None:
        """Say how far it is, 0 to 100, and what it does now, in a few words for people."""
        ...

    def check(self) -> None:
        """Stop here if it is to stop. Free of cost: call it several times a second."""
        ...

    def time_left_s(self) -> float | None:
        """Return how many seconds the run may still take; None: no limit."""
        ...

    def keep(self, name: str, call: Callable[[], Any]) -> Any:
        """Do a repeatable part and remember its JSON result with the post: later runs get it without the call.

        A run that dies between call and memory repeats the call, so it must do no harm twice.
        """
        ...

    def read_picture(self, asset_id: str) -> bytes:
        """Return the file of a picture.

        Raises:
            PictureGone: it was deleted or has expired.
        """
        ...


class NotThere(Exception):
    """Raised by `find`: it is certain that the post is not there, and that committing it (again) does no harm."""


class AccountRefused(Permanent):
    """The platform does not let the account in any more: revoked, expired or wrong credentials. A person reconnects it."""

    code = "reconnect"
    public_message = "The platform does not accept this account's credentials any more. Reconnect it, then try again."


class PictureGone(Permanent):
    """A picture of the post is not there any more."""

    code = "picture_gone"
    public_message = "A picture of this post is gone. Choose another one in the post, then publish it again."


class Publisher(Protocol):
    """One platform. Made once a process, used by many threads at the same time: keeps no state of one account."""

    @property
    def info(self) -> PlatformInfo:
        """Describe it; cheap."""
        ...

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Ask who the account is and what it may do. Changes nothing there.

        Raises:
            AccountRefused: it may not publish. Permanent: its address is wrong. Transient: it could not be asked now.
        """
        ...

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return what the account's server takes, from what the last check learned; no network."""
        ...

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the post as the platform wants it. Pure: no network, no clock. Never raises for content: it complains."""
        ...

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Do what can be repeated, each part by `desk.keep`; return JSON for `commit` and `find`."""
        ...

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Make the post visible, in one call.

        Raises:
            OutcomeUnknown: the call was sent and no whole answer came back (time-out, reset, 5xx).
        """
        ...

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Look whether a commit arrived. Changes nothing there.

        Raises:
            NotThere: it did not, or the same commit again is harmless. OutcomeUnknown: nobody can know.
            Transient: the platform could not be asked now; it will be looked at again.
        """
        ...

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Give a post that is there another content. Repeatable. Only where `info.can_update`."""
        ...

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Take a post away; one that is gone already is no error. Repeatable. Only where `info.can_delete`."""
        ...
