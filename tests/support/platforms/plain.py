"""A small adapter of the family's protocol: a test says what its checks find. It stands in no network."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import (
    Complaint,
    Connection,
    Content,
    Count,
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
    Unit,
)
from nightdesk.providers.publishing.text import to_html

#: The platform whose place it takes, and where the registry finds it.
PLATFORM: Final = Platform.MASTODON
WHERE: Final = f"{__name__}:PlainPlatform"
_LIMIT: Final = Limit(part="body", unit=Unit.CHARACTERS, most=100)


class PlainPlatform:
    """Takes short texts. `on_check` is called by each check and returns, or raises, what it finds."""

    info: Final = PlatformInfo(
        platform=PLATFORM,
        title="Plain",
        credentials=(
            Field(name="server", title="Server", kind="url", is_required=True, default="https://plain.example"),
            Field(name="token", title="Token", kind="secret", is_required=True, help="Under Settings, Tokens."),
        ),
        options=(
            Field(name="mood", title="Mood", kind="choice", choices=(("calm", "Calm"), ("loud", "Loud"))),
            Field(name="pinned", title="Pinned", kind="flag"),
        ),
        parts=("body",),
    )

    def __init__(self, _options: PublishingOptions) -> None:
        self.on_check: Callable[[], Standing] = lambda: Standing(handle="@plain")
        self.rendered_with: Connection | None = None

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Find what the test says."""
        desk.check()
        return self.on_check()

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return the one limit."""
        return (_LIMIT,)

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Show the body; complain where it is too long. Fails where a picture in it is not described."""
        self.rendered_with = connection
        count = Count(part="body", unit=Unit.CHARACTERS, used=len(content.body), most=_LIMIT.most)
        complaints = (Complaint(part="body", message="Too long."),) if count.is_over else ()
        return Rendering(
            payload={"text": content.body, "options": dict(content.options), "pictures": sorted(content.pictures)},
            counts=(count,),
            complaints=complaints,
            preview_html=to_html(content.body, address=lambda asset_id: f"asset:{content.pictures[asset_id].asset_id}"),
        )

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Need nothing."""
        return {}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Give the post its key as its id."""
        return Published(id=order.key)

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Find nothing."""
        raise NotThere

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Change nothing."""
        return published

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Take nothing away."""
