"""Posts on a Ghost site: a draft first, found again by an internal tag of its own; then one call that makes it visible.

Ghost ignores ids of ours and silently gives a taken slug a number, so neither tells a post apart. A tag that begins with
# is never shown to readers.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.providers.publishing.ghost.rendering import LIMITS, render, write_fields
from nightdesk.providers.publishing.ghost.site import NAME, Site
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
    Picture,
    Platform,
    PlatformInfo,
    Published,
    Rendering,
    Standing,
)
from nightdesk.providers.publishing.sites import find_picture, mark_picture, place_pictures, read_text

INFO: Final = PlatformInfo(
    platform=Platform.GHOST,
    title=NAME,
    credentials=(
        Field(
            name="server",
            title="Address of the site",
            kind="url",
            help="Where its admin area is, without /ghost: https://blog.example.com",
            is_required=True,
        ),
        Field(
            name="admin_key",
            title="Admin API key",
            kind="secret",
            help="24 characters, a colon, 64 characters.",
            is_required=True,
        ),
    ),
    parts=("title", "body", "excerpt", "tags", "canonical_url", "cover", "images"),
    certainty=Certainty.DRAFT,
    can_update=True,
    can_delete=True,
    is_long=True,
    how_to_connect="In Ghost open Settings, Integrations, add a custom integration, and copy its Admin API key.",
    weak_points=(
        "Posts are put on the site only: no newsletter is sent.",
        "Each post bears a hidden tag that begins with #nightdesk-.",
    ),
)

Uploads = dict[str, str]


class Ghost:
    """Publishes on Ghost sites, wherever they are."""

    info = INFO

    def __init__(self, options: PublishingOptions) -> None:
        """Take the operator's time limits and private hosts."""
        self._options = options

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Ask what site this is, and whether the key opens it."""
        site = self._open(connection, desk)
        try:
            found = site.read_site()
        except Refused as error:
            raise Permanent(_explain_address(error)) from None
        if not read_text(found, "version"):
            raise Permanent("There is no Ghost at this address. Check the address of its admin area.")
        site.ensure_access()
        return Standing(
            handle=read_text(found, "title") or NAME,
            url=read_text(found, "url"),
            learned={"version": read_text(found, "version")},
        )

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return the limits of Ghost's schema; what pictures a site takes, it does not tell."""
        return LIMITS

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the post as HTML."""
        return render(content, name=NAME)

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Upload the pictures and make the draft, which is looked for first."""
        site = self._open(connection, desk)
        uploads = self._upload_pictures(order, site, desk, known={})
        desk.progress(60, "Making the draft")
        draft = desk.keep("draft", lambda: self._make_draft(order, site, uploads))
        return {"draft": draft, "uploads": uploads}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Make the draft visible. Ghost wants to hear which state of it is meant, so it is looked at first."""
        desk.progress(80, "Publishing")
        site = self._open(connection, desk)
        post = site.read_post(prepared["draft"])
        if post is None:
            raise Permanent(
                "The draft was deleted on the Ghost site before it could be published. Change the post here, then publish "
                "it again."
            )
        if post["status"] != "published":
            post = site.publish(prepared["draft"], updated_at=post["updated_at"])
        return _describe(post, order, prepared["uploads"])

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Look at the draft: visible or not."""
        post = self._open(connection, desk).read_post(prepared["draft"])
        if post is None or post["status"] == "draft":
            raise NotThere  # of one that is gone, the same commit again makes nothing
        if post["status"] in ("published", "sent"):
            return _describe(post, order, prepared["uploads"])
        raise OutcomeUnknown(
            f"On the Ghost site the post now has the state {post['status']!r}: somebody changed it there. Look at it, then "
            "decide."
        )

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Give the post another content under the address that it has. Pictures that are there already stay."""
        site = self._open(connection, desk)
        uploads = self._upload_pictures(order, site, desk, known=published.extra.get("uploads", {}))
        desk.progress(80, "Changing the post")
        post = site.read_post(published.id)
        if post is None:
            raise Permanent("The post is not on the Ghost site any more. Publish it as a new one.")
        mark = published.extra.get("mark") or _mark(order)
        fields = _write_fields(order, uploads, mark)
        changed = site.change_post(published.id, fields, updated_at=post["updated_at"])
        return Published(
            id=published.id,
            url=read_text(changed, "url") or published.url,
            extra={"mark": mark, "uploads": dict(uploads)},
        )

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Delete the post."""
        self._open(connection, desk).delete_post(published.id)

    # ---------------------------------------------------------------- parts

    def _open(self, connection: Connection, desk: Desk) -> Site:
        return Site(connection, desk, self._options)

    @staticmethod
    def _upload_pictures(order: Order, site: Site, desk: Desk, *, known: Mapping[str, str]) -> Uploads:
        pictures = order.payload["pictures"]
        uploads: Uploads = {}
        for number, one in enumerate(pictures, start=1):
            picture = find_picture(order, one["asset_id"])
            mark = mark_picture(picture, "")
            if mark in known:
                uploads[mark] = known[mark]
                continue
            desk.progress(60 * (number - 1) // len(pictures), f"Uploading {number}/{len(pictures)}")
            stem = f"nightdesk-{order.key}-{mark}"
            uploads[mark] = desk.keep(f"picture:{mark}", partial(_upload, site, desk, stem, picture))
        return uploads

    @staticmethod
    def _make_draft(order: Order, site: Site, uploads: Uploads) -> str:
        found = site.find_post(f"hash-{_mark(order).removeprefix('#')}")
        if found is None:
            found = site.make_draft({"slug": order.slug, **_write_fields(order, uploads, _mark(order))})
        return str(found["id"])


def _upload(site: Site, desk: Desk, stem: str, picture: Picture) -> str:
    return site.upload(stem, picture, desk.read_picture(picture.asset_id))


def _write_fields(order: Order, uploads: Mapping[str, str], mark: str) -> dict[str, Any]:
    payload = order.payload
    placed = {
        one["asset_id"]: uploads[mark_picture(find_picture(order, one["asset_id"]), "")] for one in payload["pictures"]
    }
    html = place_pictures(payload["html"], placed)
    cover_url = placed[payload["cover"]] if payload["cover"] else ""
    tags = [{"name": name} for name in (*payload["tags"], mark)]
    return {**write_fields(payload, html=html, cover_url=cover_url), "tags": tags}


def _mark(order: Order) -> str:
    return f"#nightdesk-{order.key}"


def _describe(post: Mapping[str, Any], order: Order, uploads: Mapping[str, str]) -> Published:
    return Published(
        id=str(post["id"]), url=read_text(post, "url"), extra={"mark": _mark(order), "uploads": dict(uploads)}
    )


def _explain_address(error: Refused) -> str:
    if 300 <= error.http_status < 400:
        return (
            f"The Ghost site sends its readers to another address (HTTP {error.http_status}). Open its admin area in a "
            "browser, and put the address that stands there then into the account, without /ghost."
        )
    return "There is no Ghost at this address. Check the address of its admin area."
