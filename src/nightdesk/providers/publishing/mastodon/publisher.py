"""Posts on a Mastodon server. The same key makes no second post for an hour; after that the account's posts are read."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from nightdesk.core.errors import OutcomeUnknown, Permanent, Transient
from nightdesk.providers.publishing.attached import fit_picture
from nightdesk.providers.publishing.line import Answer, Refused
from nightdesk.providers.publishing.mastodon.rendering import (
    NAME,
    VISIBILITIES,
    find_limits,
    find_room,
    learn_limits,
    render,
)
from nightdesk.providers.publishing.mastodon.server import Server
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import (
    AccountRefused,
    Certainty,
    Connection,
    Content,
    Desk,
    Field,
    Limit,
    NotThere,
    Order,
    Platform,
    PlatformInfo,
    Published,
    Rendering,
    Standing,
)
from nightdesk.providers.publishing.sites import find_picture, mark_picture, read_text

INFO: Final = PlatformInfo(
    platform=Platform.MASTODON,
    title=NAME,
    credentials=(
        Field(
            name="server",
            title="Address of the server",
            kind="url",
            help="https://mastodon.social, or wherever the account is",
            is_required=True,
        ),
        Field(name="access_token", title="Access token", kind="secret", is_required=True),
    ),
    options=(
        Field(name="visibility", title="Who sees it", kind="choice", default="public", choices=VISIBILITIES),
        Field(
            name="spoiler_text",
            title="Content warning",
            help="Readers see only this until they open the post.",
            most_chars=200,
        ),
        Field(name="language", title="Language", help="Two or three letters, as en or de.", most_chars=8),
    ),
    parts=("title", "body", "excerpt", "tags", "canonical_url", "cover", "images"),
    certainty=Certainty.KEY,
    can_update=True,
    can_delete=True,
    how_to_connect=(
        "In Mastodon open Preferences, Development, New application, allow read and write, and copy the access token."
    ),
    weak_points=("A long post is announced: title, excerpt and link.",),
)
#: Keys are kept for an hour (`PostStatusService` of Mastodon's source); the rest is for clocks and slow requests.
_KEY_LIFE: Final = timedelta(minutes=50)
#: By so much the server's clock may be behind ours.
_CLOCKS: Final = timedelta(minutes=1)
#: How often a picture is sent that the server has forgotten.
_MOST_UPLOADS: Final = 4
_WRITE: Final = {"write:statuses", "write:media"}


class Mastodon:
    """Publishes on Mastodon servers, wherever they are."""

    info = INFO

    def __init__(self, options: PublishingOptions) -> None:
        """Take the operator's time limits and private hosts."""
        self._options = options

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Ask what the server takes, who the account is and what its token may do."""
        server = self._open(connection, desk)
        try:
            instance = server.read_instance()
        except Refused:
            instance = {}
        version = read_text(instance, "version")
        if not version:
            raise Permanent("There is no Mastodon (4.0 or later) at this address. Check the address of the server.")
        account = server.read_account()
        _ensure_rights(server.read_scopes())
        url = read_text(account, "url")
        domain = read_text(instance, "domain") or urlsplit(url).netloc
        return Standing(
            handle=f"@{read_text(account, 'username')}@{domain}",
            url=url,
            learned={
                "account_id": read_text(account, "id"),
                # Others that speak Mastodon's language say so: "2.7.2 (compatible; Pleroma 2.5.0)".
                "keeps_keys": "compatible" not in version.lower(),
                **learn_limits(instance),
            },
        )

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return what the server said that it takes."""
        return find_limits(connection.learned)

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the post as a plain text with pictures."""
        return render(content, connection.learned)

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Upload the pictures; they are seen by nobody until a post shows them."""
        return {"media": self._upload_pictures(order, connection, desk, known={})}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Post, with the order's key."""
        desk.progress(80, "Publishing")
        media = prepared["media"]
        answer = self._open(connection, desk).post(_write_fields(order, media), key=order.key)
        published = _describe(answer, list(media))
        if published is None:
            raise OutcomeUnknown(f"{NAME} did not answer properly, so it is not known whether the post went out.")
        return published

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Look through the account's posts since the first attempt. While the key is kept, posting again does no harm."""
        server = self._open(connection, desk)
        since = order.first_sent_at or order.frozen_at
        is_kept = bool(connection.learned.get("keeps_keys")) and datetime.now(UTC) - since < _KEY_LIFE
        try:
            found, is_certain = _look(server, order, _find_account(server, connection), since - _CLOCKS)
        except LookupError:
            found, is_certain = None, False
        if found is not None:
            return _describe_status(found, list(prepared["media"]))
        # A request that is still on its way may yet arrive: only a key makes that harmless, or time.
        if is_kept or (is_certain and datetime.now(UTC) - since >= _KEY_LIFE):
            raise NotThere
        raise OutcomeUnknown(
            "It is not known whether the post went out on Mastodon. Look at the account's posts, then decide."
        )

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Edit the post. Pictures that it shows already stay."""
        media = self._upload_pictures(order, connection, desk, known=published.extra.get("media", {}))
        desk.progress(80, "Changing the post")
        fields = _write_fields(order, media)
        del fields["visibility"]  # is for good
        try:
            answer = self._open(connection, desk).change(published.id, fields)
        except Refused as error:
            if error.http_status != 404:
                raise
            raise Permanent("The post is not on the Mastodon server any more. Publish it as a new one.") from None
        changed = _describe(answer, list(media))
        if changed is None:
            raise Transient(f"{NAME} did not answer properly. It will be tried again.")
        return changed

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Delete the post."""
        self._open(connection, desk).delete(published.id)

    # ---------------------------------------------------------------- parts

    def _open(self, connection: Connection, desk: Desk) -> Server:
        return Server(connection, desk, self._options)

    def _upload_pictures(
        self, order: Order, connection: Connection, desk: Desk, *, known: Mapping[str, str]
    ) -> dict[str, str]:
        pictures = order.payload["pictures"]
        media: dict[str, str] = {}
        for number, one in enumerate(pictures, start=1):
            mark = mark_picture(find_picture(order, one["asset_id"]), one["alt"])
            if mark in known:
                media[mark] = known[mark]
                continue
            desk.progress(70 * (number - 1) // len(pictures), f"Uploading {number}/{len(pictures)}")
            media[mark] = self._upload(mark, one, order, connection, desk)
        return media

    def _upload(self, mark: str, one: Mapping[str, str], order: Order, connection: Connection, desk: Desk) -> str:
        server, picture = self._open(connection, desk), find_picture(order, one["asset_id"])
        room = find_room(connection.learned)

        def send() -> str:
            file = fit_picture(desk.read_picture(picture.asset_id), picture, room)
            return server.upload(f"nightdesk-{mark}", file, one["alt"])

        # What no post shows is removed within a day: a run that comes later sends it again, under another name.
        for attempt in range(1, _MOST_UPLOADS + 1):
            media_id = str(desk.keep(f"media:{mark}:{attempt}", send))
            if server.wait_for_picture(media_id):
                return media_id
        raise Permanent("The Mastodon server loses the post's pictures. Copy the post, then publish the copy.")


def _ensure_rights(scopes: set[str] | None) -> None:
    if scopes is None:
        return
    may_read = "read" in scopes or {"read:accounts", "read:statuses"} <= scopes
    may_write = "write" in scopes or scopes >= _WRITE
    if not (may_read and may_write):
        raise AccountRefused(
            "The access token may not do all that is needed. Give the application the rights read and write in Mastodon's "
            "Preferences, Development, and connect its new token."
        )


def _write_fields(order: Order, media: Mapping[str, str]) -> dict[str, Any]:
    payload = order.payload
    fields = {
        "status": payload["status"],
        "spoiler_text": payload["spoiler_text"],
        "sensitive": bool(payload["spoiler_text"]),
        "visibility": payload["visibility"],
        "media_ids": list(media.values()),
    }
    return {**fields, "language": payload["language"]} if payload["language"] else fields


def _find_account(server: Server, connection: Connection) -> str:
    return str(connection.learned.get("account_id") or "") or read_text(server.read_account(), "id")


def _look(server: Server, order: Order, account_id: str, since: datetime) -> tuple[dict[str, Any] | None, bool]:
    """Return the order's post among those of the account, and whether its absence is certain: edited ones may be it."""
    wanted = (order.payload["status"].strip(), order.payload["spoiler_text"].strip())
    is_certain = True
    for status in server.list_since(account_id, since):
        source = server.read_source(read_text(status, "id"))
        if source is None:
            continue
        if (read_text(source, "text").strip(), read_text(source, "spoiler_text").strip()) == wanted:
            return status, True
        is_certain = is_certain and not status.get("edited_at")
    return None, is_certain


def _describe(answer: Answer, marks: Sequence[str]) -> Published | None:
    status = answer.read_object()
    return _describe_status(status, marks) if read_text(status, "id") else None


def _describe_status(status: Mapping[str, Any], marks: Sequence[str]) -> Published:
    attached = status.get("media_attachments")
    ids = [read_text(one, "id") for one in attached] if isinstance(attached, list) else []
    # The pictures of an earlier attempt may be the ones that the post shows: only the post knows.
    media = dict(zip(marks, ids, strict=True)) if len(ids) == len(marks) and all(ids) else {}
    return Published(id=read_text(status, "id"), url=read_text(status, "url"), extra={"media": media})
