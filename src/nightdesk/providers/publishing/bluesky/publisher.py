"""Posts on Bluesky: a record whose key comes from the order, made only if there is none."""

from collections.abc import Mapping
from datetime import UTC
from functools import partial
from typing import Any, Final

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.providers.publishing.attached import fit_picture
from nightdesk.providers.publishing.bluesky.keys import make_record_key
from nightdesk.providers.publishing.bluesky.rendering import ATTACHMENTS, LIMITS, ROOM, render, write_record
from nightdesk.providers.publishing.bluesky.server import (
    DEFAULT_SERVER,
    NAME,
    BlobGone,
    Exists,
    Server,
)
from nightdesk.providers.publishing.bluesky.sessions import Session, Sessions
from nightdesk.providers.publishing.line import Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import (
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
    platform=Platform.BLUESKY,
    title=NAME,
    credentials=(
        Field(
            name="identifier",
            title="Handle",
            help="As name.bsky.social, without the @.",
            is_required=True,
        ),
        Field(
            name="app_password",
            title="App password",
            kind="secret",
            help="Not the account's own password.",
            is_required=True,
        ),
        Field(
            name="server",
            title="Address of the server",
            kind="url",
            help="Change it only if the account is on a server of its own.",
            default=DEFAULT_SERVER,
        ),
    ),
    options=(
        Field(name="attachment", title="What goes along", kind="choice", default="auto", choices=ATTACHMENTS),
        Field(name="language", title="Language", help="Its tag, as en or pt-BR.", most_chars=20),
    ),
    parts=("title", "body", "excerpt", "tags", "canonical_url", "cover", "images"),
    certainty=Certainty.KEY,
    can_delete=True,
    how_to_connect="In Bluesky open Settings, Privacy and security, App passwords, and add one for Nightdesk.",
    weak_points=(
        "Posts cannot be changed, only deleted.",
        "A long post is announced: title, excerpt and a card of its link.",
        "Pictures of more than 1 MB are made smaller.",
    ),
)
_APP: Final = "https://bsky.app"

Blobs = dict[str, dict[str, Any]]


class Bluesky:
    """Publishes on Bluesky, and on other servers of its network."""

    info = INFO

    def __init__(self, options: PublishingOptions) -> None:
        """Take the operator's time limits and private hosts."""
        self._options = options
        self._sessions = Sessions()

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Ask who the account is, by signing in anew."""
        server = self._open(connection, desk)
        try:
            found = server.describe()
        except Refused:
            found = {}
        if not read_text(found, "did"):
            raise Permanent("There is no Bluesky server at this address. Check the address of the server.")
        account = server.read_session()
        handle = read_text(account, "handle")
        warnings = () if account.get("active", True) else ("The account is not active: nobody sees its posts.",)
        return Standing(
            handle=f"@{handle}",
            url=f"{_APP}/profile/{_name(handle, account['did'])}",
            learned={"did": account["did"], "handle": handle},
            warnings=warnings,
        )

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return the limits of the network's lexicon; they are the same on every server."""
        return LIMITS

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the post as a text with facets, and pictures or a card."""
        return render(content)

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Upload the pictures; they are seen by nobody until a post shows them."""
        wanted = _list_files(order)
        blobs: Blobs = {}
        for number, (mark, asset_id) in enumerate(wanted.items(), start=1):
            desk.progress(70 * (number - 1) // len(wanted), f"Uploading {number}/{len(wanted)}")
            send = partial(self._upload, asset_id, order, connection, desk)
            blobs[mark] = desk.keep(f"blob:{mark}", send)
        return {"blobs": blobs}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Make the record. One that is there already is ours: nobody else makes this key."""
        desk.progress(80, "Publishing")
        server, key = self._open(connection, desk), _find_key(order)
        session = server.sign_in()
        try:
            answer = server.put_record(key, _write(order, prepared["blobs"]))
        except Exists:
            return _describe(key, session)
        except BlobGone:
            return self._commit_anew(order, connection, desk)
        return _read_published(answer.read_object(), key, session)

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Look for the record. Where there is none, making it does no harm, whatever is still on its way."""
        server, key = self._open(connection, desk), _find_key(order)
        if server.read_record(key) is None:
            raise NotThere
        return _describe(key, server.sign_in())

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Refuse: Bluesky's readers do not see changes.

        Raises:
            Permanent: always.
        """
        raise Permanent("Bluesky changes no posts. Delete this one, and publish it as a new one.")

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Delete the record."""
        self._open(connection, desk).delete_record(published.extra.get("rkey") or published.id.rpartition("/")[2])

    # ---------------------------------------------------------------- parts

    def _open(self, connection: Connection, desk: Desk) -> Server:
        return Server(connection, desk, self._options, sessions=self._sessions)

    def _upload(self, asset_id: str, order: Order, connection: Connection, desk: Desk) -> dict[str, Any]:
        file = fit_picture(desk.read_picture(asset_id), find_picture(order, asset_id), ROOM)
        blob = self._open(connection, desk).upload(file)
        return {"blob": blob, "width": file.width, "height": file.height}

    def _commit_anew(self, order: Order, connection: Connection, desk: Desk) -> Published:
        # The server drops pictures that stay unused. The record was refused, so nothing has happened yet.
        server, key = self._open(connection, desk), _find_key(order)
        files = _list_files(order)
        blobs = {mark: self._upload(asset_id, order, connection, desk) for mark, asset_id in files.items()}
        try:
            answer = server.put_record(key, _write(order, blobs))
        except Exists:
            return _describe(key, server.sign_in())
        except BlobGone:
            failure = "Bluesky's server loses the post's pictures. Try again later; if it stays, ask who runs it."
        else:
            return _read_published(answer.read_object(), key, server.sign_in())
        raise Permanent(failure)


def _list_files(order: Order) -> dict[str, str]:
    """Return the ids of the pictures to upload, by the mark of what is in them."""
    thumb = order.payload["card"].get("thumb", "") if order.payload["card"] else ""
    ids = [one["asset_id"] for one in order.payload["pictures"]] + ([thumb] if thumb else [])
    return {mark_picture(find_picture(order, asset_id), ""): asset_id for asset_id in ids}


def _write(order: Order, blobs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    payload = order.payload

    def find(asset_id: str) -> Mapping[str, Any]:
        return blobs[mark_picture(find_picture(order, asset_id), "")]

    images = [
        {
            "image": find(one["asset_id"])["blob"],
            "alt": one["alt"],
            "aspectRatio": {name: find(one["asset_id"])[name] for name in ("width", "height")},
        }
        for one in payload["pictures"]
    ]
    thumb = payload["card"].get("thumb") if payload["card"] else ""
    moment = order.frozen_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return write_record(payload, created_at=moment, images=images, thumb=find(thumb)["blob"] if thumb else None)


def _find_key(order: Order) -> str:
    return make_record_key(key=order.key, frozen_at=order.frozen_at)


def _read_published(found: Mapping[str, Any], key: str, session: Session) -> Published:
    if not read_text(found, "uri"):
        raise OutcomeUnknown(f"{NAME} did not answer properly, so it is not known whether the post went out.")
    return _describe(key, session)


def _describe(key: str, session: Session) -> Published:
    return Published(
        id=f"at://{session.did}/app.bsky.feed.post/{key}",
        url=f"{_APP}/profile/{_name(session.handle, session.did)}/post/{key}",
        extra={"rkey": key},
    )


def _name(handle: str, did: str) -> str:
    """Name an account in an address: its handle is invalid while its domain does not say so."""
    return did if handle in ("", "handle.invalid") else handle
