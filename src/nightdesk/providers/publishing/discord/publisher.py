"""Messages in a channel of Discord, by its webhook: at most once, for a webhook cannot read what is in the channel."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.providers.publishing.attached import fit_picture
from nightdesk.providers.publishing.discord.rendering import LIMITS, NAME, find_room, render
from nightdesk.providers.publishing.hooks import read_hook
from nightdesk.providers.publishing.line import Answer, Line, Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import (
    AccountRefused,
    Certainty,
    Connection,
    Content,
    Desk,
    Field,
    Limit,
    Order,
    Platform,
    PlatformInfo,
    Published,
    Rendering,
    Standing,
)
from nightdesk.providers.publishing.sites import find_picture

INFO: Final = PlatformInfo(
    platform=Platform.DISCORD,
    title=NAME,
    credentials=(
        Field(
            name="webhook_url",
            title="Address of the webhook",
            kind="secret",
            help="It begins with https://discord.com/api/webhooks/. Whoever knows it may write into the channel.",
            is_required=True,
        ),
    ),
    options=(
        Field(
            name="thread_id",
            title="Thread",
            help="Id of a thread or forum post in the webhook's channel. Empty: the channel itself.",
            most_chars=20,
        ),
        Field(name="hide_previews", title="No previews of links", kind="flag"),
    ),
    parts=("title", "body", "excerpt", "canonical_url", "cover", "images"),
    certainty=Certainty.NONE,
    can_update=True,
    can_delete=True,
    how_to_connect="In Discord open the channel's settings, Integrations, Webhooks, make a webhook, and copy its address.",
    weak_points=(
        "Where an answer of Discord is lost, nobody can look whether the message went out: a person decides.",
        "Nobody is called: @everyone and names stay plain text.",
    ),
)

_HOSTS: Final = ("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com")
_PATH: Final = re.compile(r"/api/(v[0-9]+/)?webhooks/[0-9]+/[A-Za-z0-9_-]+/?")
_NO_SUCH_MESSAGE: Final = 10008
#: Of the webhook or of its channel: no channel, no guild, no webhook, no access, no permission, a token that is none.
_REFUSALS: Final = frozenset((10003, 10004, 10015, 50001, 50013, 50027))


class Discord:
    """Publishes by webhooks of Discord's channels."""

    info = INFO

    def __init__(self, options: PublishingOptions) -> None:
        """Take the operator's time limits and private hosts."""
        self._options = options

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Read the webhook: its name, server and channel."""
        found = self._ask(self._open(connection, desk), "GET", "", connection).read_object()
        name, guild_id, channel_id = (_text(found, part) for part in ("name", "guild_id", "channel_id"))
        if not _text(found, "id"):
            raise Permanent("There is no webhook of Discord at this address. Copy it again.")
        url = f"https://discord.com/channels/{guild_id}/{channel_id}" if guild_id and channel_id else ""
        return Standing(handle=name or NAME, url=url, learned={"guild_id": guild_id, "channel_id": channel_id})

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return what every webhook takes; of boosts a webhook does not tell."""
        return LIMITS

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the message."""
        return render(content)

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Do nothing: message and pictures go out in one request."""
        return {}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Send message and pictures in one request, which answers with the message's id."""
        line = self._open(connection, desk)
        given = self._write(order, desk)
        desk.progress(70, "Sending the message")
        thread_id = order.payload["thread_id"]
        answer = self._ask(line, "POST", "", connection, params=_query(thread_id, wait="true"), makes=True, **given)
        found = answer.read_object()
        if not _text(found, "id"):
            raise line.make_unclear()
        return Published(
            id=_text(found, "id"),
            url=_address(_text(found, "id"), _text(found, "channel_id"), connection),
            extra={"thread_id": thread_id},
        )

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Say that nobody can know: a webhook reads only messages whose id it has."""
        raise OutcomeUnknown(
            "Discord's answer was lost, and a webhook cannot look into its channel. Look there, then say whether the message "
            "is there."
        )

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Give the message another text and other pictures."""
        line = self._open(connection, desk)
        given = self._write(order, desk)
        desk.progress(70, "Changing the message")
        thread_id = str(published.extra.get("thread_id", ""))
        path = f"/messages/{published.id}"
        try:
            self._ask(
                line, "PATCH", path, connection, params=_query(thread_id), makes=True, is_repeatable=True, **given
            )
        except Refused as error:
            if _code(error.answer) != _NO_SUCH_MESSAGE:
                raise
            gone = "The message is not in the channel any more. Publish the post as a new one."
            raise Permanent(gone) from None
        return published

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Delete the message."""
        thread_id = str(published.extra.get("thread_id", ""))
        path = f"/messages/{published.id}"
        line = self._open(connection, desk)
        try:
            self._ask(line, "DELETE", path, connection, params=_query(thread_id), makes=True, is_repeatable=True)
        except Refused as error:
            if _code(error.answer) != _NO_SUCH_MESSAGE:
                raise

    # ---------------------------------------------------------------- parts

    def _open(self, connection: Connection, desk: Desk) -> Line:
        url = read_hook(
            connection.credentials["webhook_url"],
            name=NAME,
            hosts=_HOSTS,
            is_path=lambda path: _PATH.fullmatch(path) is not None,
            options=self._options,
        )
        return Line(name=NAME, base_url=url, desk=desk, options=self._options, read_pause=_read_pause)

    def _ask(self, line: Line, method: str, path: str, connection: Connection, **given: Any) -> Answer:
        try:
            return line.ask(method, path, **given)
        except Refused as error:
            if _code(error.answer) not in _REFUSALS:
                raise
        raise AccountRefused(
            "Discord does not know this webhook any more, or does not let it write. Make a new one, and reconnect the account."
        )

    def _write(self, order: Order, desk: Desk) -> dict[str, Any]:
        pictures = order.payload["pictures"]
        message = {
            **order.payload["message"],
            "attachments": [{"id": number, "description": one["alt"]} for number, one in enumerate(pictures)],
        }
        if not pictures:
            return {"json": message}
        files, room = [], find_room(len(pictures))
        for number, one in enumerate(pictures):
            desk.progress(60 * number // len(pictures), f"Reading picture {number + 1}/{len(pictures)}")
            file = fit_picture(desk.read_picture(one["asset_id"]), find_picture(order, one["asset_id"]), room)
            name = f"picture-{number + 1}.{file.content_type.removeprefix('image/')}"
            files.append((f"files[{number}]", (name, file.data, file.content_type)))
        return {
            "data": {"payload_json": json.dumps(message)},
            "files": files,
            "timeout_s": self._options.upload_timeout_s,
        }


def _query(thread_id: str, **more: str) -> dict[str, str]:
    return {**more, **({"thread_id": thread_id} if thread_id else {})}


def _address(message_id: str, channel_id: str, connection: Connection) -> str:
    """Return where the message is read, from what the last check learned; "" before there was one."""
    guild_id = str(connection.learned.get("guild_id") or "")
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}" if guild_id and channel_id else ""


def _read_pause(answer: Answer) -> float | None:
    """Read `retry_after`, which is more exact than the header."""
    said = answer.read_object().get("retry_after")
    if not isinstance(said, int | float) or isinstance(said, bool) or not math.isfinite(said):
        return None
    return max(0.0, float(said))


def _code(answer: Answer) -> int:
    found = answer.read_object().get("code")
    return found if isinstance(found, int) else 0


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""
