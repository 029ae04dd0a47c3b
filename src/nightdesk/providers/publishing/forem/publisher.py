"""Articles on a Forem: a draft first, whose id is kept; then one call that makes it visible, once or again.

A Forem keeps nothing of ours by which a draft could be found, so one whose id was lost is known by title, body and
canonical address. That the title was used within the last five minutes means to look, not that it failed.
"""

from collections.abc import Mapping
from typing import Any, Final

from nightdesk.core.errors import Permanent
from nightdesk.providers.publishing.forem.rendering import LIMITS, render, write_fields
from nightdesk.providers.publishing.forem.site import DEFAULT_SERVER, NAME, Site, TitleTaken
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
from nightdesk.providers.publishing.sites import find_picture, read_text

INFO: Final = PlatformInfo(
    platform=Platform.DEV_TO,
    title=NAME,
    credentials=(
        Field(name="api_key", title="API key", kind="secret", help="24 letters and digits.", is_required=True),
        Field(
            name="server",
            title="Address",
            kind="url",
            help="Only for another community that runs Forem.",
            default=DEFAULT_SERVER,
        ),
    ),
    options=(
        Field(name="series", title="Series", help="Articles with the same series stand together."),
        Field(name="organization_id", title="Organization", help="Its number, to publish in its name."),
    ),
    parts=("title", "body", "excerpt", "tags", "canonical_url", "cover", "images"),
    certainty=Certainty.DRAFT,
    can_update=True,
    can_delete=True,
    needs_public_pictures=True,
    is_long=True,
    how_to_connect="On dev.to open Settings, Extensions, and generate a DEV Community API key.",
    weak_points=(
        "Pictures are fetched from this installation, which must have a public address.",
        "Nothing can be deleted: a post that is taken back becomes a draft there.",
        "The same title is taken only once in five minutes.",
    ),
)


class Forem:
    """Publishes on dev.to and other Forems."""

    info = INFO

    def __init__(self, options: PublishingOptions) -> None:
        """Take the operator's time limits and private hosts."""
        self._options = options

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Ask whose key this is."""
        site = self._open(connection, desk)
        try:
            username = site.read_user()
        except Refused:
            username = ""
        if not username:
            raise Permanent("There is no Forem at this address. Check the account's address.")
        return Standing(handle=f"@{username}", url=f"{site.server}/{username}", learned={"username": username})

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return the limits of Forem's source."""
        return LIMITS

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the post as Markdown."""
        return render(content, connection, name=NAME)

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Make the draft, which is looked for first."""
        site = self._open(connection, desk)
        desk.progress(40, "Making the draft")
        return {"draft": desk.keep("draft", lambda: _make_draft(site, _write(order)))}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Make the draft visible."""
        desk.progress(80, "Publishing")
        try:
            return _describe(self._open(connection, desk).publish(prepared["draft"]))
        except Refused as error:
            if error.http_status != 404:
                raise
        raise Permanent(
            f"The draft was deleted on {NAME} before it could be published. Change the post here, then publish it again."
        )

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Look at the draft: visible or not."""
        article = self._open(connection, desk).find_article(prepared["draft"])
        if article is None or not article["published"]:
            raise NotThere  # of one that is gone, the same commit again makes nothing
        return _describe(article)

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Give the article another content under the address that it has."""
        desk.progress(60, "Changing the article")
        try:
            article = self._open(connection, desk).change_article(int(published.id), _write(order))
        except Refused as error:
            if error.http_status != 404:
                raise
        else:
            return Published(id=published.id, url=read_text(article, "url") or published.url)
        raise Permanent(f"The article is not on {NAME} any more. Publish the post as a new one.")

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Make the article a draft again."""
        self._open(connection, desk).hide_article(int(published.id))

    def _open(self, connection: Connection, desk: Desk) -> Site:
        return Site(connection, desk, self._options)


def _write(order: Order) -> dict[str, Any]:
    wanted = [one["asset_id"] for one in order.payload["pictures"]]
    return write_fields(order.payload, {asset_id: find_picture(order, asset_id) for asset_id in wanted})


def _make_draft(site: Site, fields: Mapping[str, Any]) -> int:
    found = site.find_draft(fields)
    if found is not None:
        return found
    try:
        return site.make_draft(fields)
    except TitleTaken as error:
        # The answer to an earlier request may have been lost while the server was still busy with it.
        found, taken = site.find_draft(fields), error
    if found is None:
        raise taken
    return found


def _describe(article: Mapping[str, Any]) -> Published:
    return Published(id=str(article["id"]), url=read_text(article, "url"))
