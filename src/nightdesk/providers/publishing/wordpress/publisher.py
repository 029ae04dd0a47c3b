"""Posts on a WordPress site: a draft first, found again by its slug; then one call that makes it visible.

Making a visible post visible again changes nothing, so no lost answer can double it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.providers.publishing.line import Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import (
    AccountRefused,
    Certainty,
    Connection,
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
from nightdesk.providers.publishing.protocol import Content as PostContent
from nightdesk.providers.publishing.sites import find_picture, mark_picture, place_pictures, read_text
from nightdesk.providers.publishing.wordpress.rendering import LIMITS, render, write_fields
from nightdesk.providers.publishing.wordpress.site import NAME, PLAIN, PRETTY, Site

INFO: Final = PlatformInfo(
    platform=Platform.WORDPRESS,
    title=NAME,
    credentials=(
        Field(
            name="server",
            title="Address of the site",
            kind="url",
            help="Where the site is, as https://blog.example.com; a folder is part of it.",
            is_required=True,
        ),
        Field(name="username", title="User name", is_required=True, help="The name you sign in with there."),
        Field(
            name="application_password",
            title="Application password",
            kind="secret",
            help="Not your own password: one made for Nightdesk, in the site under Users, Profile.",
            is_required=True,
        ),
    ),
    options=(
        Field(name="category", title="Category", help="By its name. Empty: the site's usual one.", most_chars=200),
    ),
    parts=("title", "body", "excerpt", "tags", "cover", "images"),
    certainty=Certainty.DRAFT,
    can_update=True,
    can_delete=True,
    is_long=True,
    how_to_connect="In WordPress open Users, Profile, Application Passwords, and add one for Nightdesk.",
    weak_points=(
        "The canonical address is not set: only plugins for search engines know one.",
        "A post that is taken away goes to the site's bin; its pictures stay in the library.",
    ),
)

Media = dict[str, dict[str, Any]]


class WordPress:
    """Publishes on WordPress sites, wherever they are."""

    info = INFO

    def __init__(self, options: PublishingOptions) -> None:
        """Take the operator's time limits and private hosts."""
        self._options = options

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Ask who the user is and whether it may publish; find out which way the API is reached."""
        site, user = self._find_user(connection, desk)
        may = user.get("capabilities")
        if not isinstance(may, Mapping) or not may.get("publish_posts"):
            raise AccountRefused(
                "This user may not publish on the WordPress site. Give it the role of an author or editor there, then "
                "check the account again."
            )
        warnings = []
        if not may.get("upload_files"):
            warnings.append(
                "This user may not upload files, so posts with pictures will fail. Make it an author or editor."
            )
        learned = {
            "api": site.api,
            "categories": site.list_categories(),
            "may_make_categories": bool(may.get("manage_categories")),
        }
        handle = read_text(user, "username") or read_text(user, "name") or connection.credentials.get("username", "")
        return Standing(
            handle=handle, url=connection.credentials["server"].strip(), learned=learned, warnings=tuple(warnings)
        )

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return the limits of WordPress's tables; what files a site takes, it does not tell."""
        return LIMITS

    def render(self, content: PostContent, connection: Connection) -> Rendering:
        """Write the post as HTML."""
        return render(content, connection, name=NAME)

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Upload the pictures and make the draft: both are looked for first, so neither is made twice."""
        site = self._open(connection, desk)
        media = self._upload_pictures(order, site, desk, known={})
        desk.progress(60, "Making the draft")
        draft = desk.keep("draft", lambda: self._make_draft(order, site, media))
        return {"draft": draft, "media": media}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Make the draft visible."""
        desk.progress(80, "Publishing")
        try:
            post = self._open(connection, desk).publish(prepared["draft"])
        except Refused as error:
            if error.http_status != 404:
                raise
            raise Permanent(
                "The draft was deleted on the WordPress site before it could be published. Change the post here, then "
                "publish it again."
            ) from None
        if post["status"] != "publish":
            raise Permanent(
                f"The WordPress site keeps the post as {post['status']!r} instead of showing it, often because of a plugin "
                "for reviews. Publish it there."
            )
        return _describe(post, prepared["media"])

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Look at the draft: visible or not."""
        post = self._open(connection, desk).read_post(prepared["draft"])
        if post is None or post["status"] in ("draft", "auto-draft"):
            raise NotThere  # of one that is gone, the same commit again makes nothing
        if post["status"] == "publish":
            return _describe(post, prepared["media"])
        raise OutcomeUnknown(
            f"On the WordPress site the post now has the state {post['status']!r}: somebody changed it there. Look at it, "
            "then decide."
        )

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Give the post another content under the address that it has. Pictures that are there already stay."""
        site = self._open(connection, desk)
        media = self._upload_pictures(order, site, desk, known=published.extra.get("media", {}))
        desk.progress(80, "Changing the post")
        try:
            post = site.change_post(int(published.id), self._write_fields(order, site, media))
        except Refused as error:
            if error.http_status != 404:
                raise
            post = {"status": "gone"}
        if post["status"] in ("gone", "trash"):
            raise Permanent("The post is not on the WordPress site any more. Publish it as a new one.")
        return _describe({"id": published.id, "link": published.url, **post}, media)

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Move the post to the site's bin."""
        self._open(connection, desk).bin_post(int(published.id))

    # ---------------------------------------------------------------- parts

    def _open(self, connection: Connection, desk: Desk) -> Site:
        return Site(connection, desk, self._options)

    def _find_user(self, connection: Connection, desk: Desk) -> tuple[Site, dict[str, Any]]:
        """Ask for the user by readable addresses, and where a site has none, without them."""
        for api in (PRETTY, PLAIN):
            site = Site(connection, desk, self._options, api=api)
            try:
                user = site.read_user()
            except Refused as error:
                if error.http_status != 404 and not 300 <= error.http_status < 400:
                    raise
                if error.http_status != 404:
                    raise Permanent(_explain_redirect(error)) from None
                continue
            if user:
                return site, user
        raise Permanent(
            "There is no WordPress API at this address. Check the address, and that no plugin switches the REST API off."
        )

    def _upload_pictures(self, order: Order, site: Site, desk: Desk, *, known: Mapping[str, Any]) -> Media:
        pictures = order.payload["pictures"]
        media: Media = {}
        for number, one in enumerate(pictures, start=1):
            mark = mark_picture(find_picture(order, one["asset_id"]), one["alt"])
            if mark in known:
                media[mark] = dict(known[mark])
                continue
            desk.progress(60 * (number - 1) // len(pictures), f"Uploading {number}/{len(pictures)}")
            media[mark] = desk.keep(f"picture:{mark}", partial(self._upload, order, site, desk, one))
        return media

    def _upload(self, order: Order, site: Site, desk: Desk, one: Mapping[str, str]) -> dict[str, Any]:
        picture = find_picture(order, one["asset_id"])
        stem = f"nightdesk-{order.key}-{mark_picture(picture, one['alt'])}"
        found = site.find_upload(stem)
        if found is None:
            return site.upload(stem, picture, desk.read_picture(one["asset_id"]), alt=one["alt"])
        if one["alt"]:  # the run that uploaded it may have ended before this
            site.describe_upload(found["id"], one["alt"])
        return found

    def _make_draft(self, order: Order, site: Site, media: Media) -> int:
        found = site.find_post(order.slug)
        if found is not None:
            return found
        return site.make_draft({"slug": order.slug, **self._write_fields(order, site, media)})

    def _write_fields(self, order: Order, site: Site, media: Media) -> dict[str, Any]:
        payload = order.payload
        placed = {
            one["asset_id"]: media[mark_picture(find_picture(order, one["asset_id"]), one["alt"])]
            for one in payload["pictures"]
        }
        html = place_pictures(payload["html"], {asset_id: one["url"] for asset_id, one in placed.items()})
        fields = write_fields(payload, html=html)
        fields["tags"] = [site.ensure_tag(name) for name in payload["tags"]]
        if payload["category"]:
            fields["categories"] = [site.ensure_category(payload["category"])]
        fields["featured_media"] = placed[payload["cover"]]["id"] if payload["cover"] else 0
        return fields


def _describe(post: Mapping[str, Any], media: Mapping[str, Any]) -> Published:
    return Published(id=str(post["id"]), url=read_text(post, "link"), extra={"media": dict(media)})


def _explain_redirect(error: Refused) -> str:
    return (
        f"The WordPress site sends its readers to another address (HTTP {error.http_status}). Open it in a browser, and put "
        "the address that stands there then into the account."
    )
