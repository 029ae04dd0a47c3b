"""Messages in a channel of Slack, by an incoming webhook: at most once, for it answers `ok` and nothing else."""

from collections.abc import Mapping
from typing import Any, Final

from nightdesk.core.errors import OutcomeUnknown, Permanent
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
from nightdesk.providers.publishing.slack.rendering import LIMITS, NAME, render

INFO: Final = PlatformInfo(
    platform=Platform.SLACK,
    title=NAME,
    credentials=(
        Field(
            name="webhook_url",
            title="Address of the incoming webhook",
            kind="secret",
            help="It begins with https://hooks.slack.com/. Whoever knows it may write into the channel.",
            is_required=True,
        ),
    ),
    options=(Field(name="hide_previews", title="No previews of links", kind="flag"),),
    parts=("title", "body", "excerpt", "canonical_url", "cover", "images"),
    certainty=Certainty.NONE,
    needs_public_pictures=True,
    how_to_connect="On api.slack.com/apps make an app, switch Incoming Webhooks on, add one for the channel, and copy its "
    "address.",
    weak_points=(
        "Where an answer of Slack is lost, nobody can look whether the message went out: a person decides.",
        "What was sent cannot be changed or taken back from here, and Slack tells no address of it.",
    ),
)

_HOSTS: Final = ("hooks.slack.com", "hooks.slack-gov.com")
_TAKEN: Final = b"ok"
#: What Slack says of an address that does not, or not any more, write into a channel.
_REFUSALS: Final = frozenset(
    (
        "action_prohibited",
        "channel_is_archived",
        "channel_not_found",
        "invalid_token",
        "no_active_hooks",
        "no_service",
        "no_service_id",
        "no_team",
        "posting_to_general_channel_denied",
        "team_disabled",
    )
)
_LASTING_STATUSES: Final = frozenset((403, 404, 410))
_LONGEST_WORD: Final = 60


class Slack:
    """Publishes by incoming webhooks of Slack."""

    info = INFO

    def __init__(self, options: PublishingOptions) -> None:
        """Take the operator's time limits and private hosts."""
        self._options = options

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Send a message without a text, which every living webhook refuses with 400 and a dead one does not know.

        Slack has no other question that posts nothing.
        """
        line = self._open(connection, desk)
        try:
            self._ask(line, {"text": ""})
        except Refused as error:
            if error.http_status != 400:
                raise
        return Standing(handle=NAME)

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return what Slack asks for."""
        return LIMITS

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the message."""
        return render(content)

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Do nothing: a webhook knows no drafts."""
        return {}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Send the message. Slack says that it took it, and neither its id nor its address."""
        desk.progress(50, "Sending the message")
        line = self._open(connection, desk)
        answer = self._ask(line, dict(order.payload), makes=True)
        if answer.body.strip() != _TAKEN:
            raise line.make_unclear()
        return Published(id="")

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Say that nobody can know: a webhook cannot read."""
        raise OutcomeUnknown(
            "Slack's answer was lost, and a webhook cannot look into its channel. Look there, then say whether the message is "
            "there."
        )

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Refuse: a webhook cannot change what it sent."""
        raise Permanent("A message in Slack cannot be changed from here. Change it in Slack.")

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Refuse: a webhook cannot take back what it sent."""
        raise Permanent("A message in Slack cannot be taken back from here. Delete it in Slack.")

    # ---------------------------------------------------------------- parts

    def _open(self, connection: Connection, desk: Desk) -> Line:
        url = read_hook(
            connection.credentials["webhook_url"],
            name=NAME,
            hosts=_HOSTS,
            is_path=lambda path: path.startswith("/services/"),
            options=self._options,
        )
        return Line(name=NAME, base_url=url, desk=desk, options=self._options)

    @staticmethod
    def _ask(line: Line, message: Mapping[str, Any], *, makes: bool = False) -> Answer:
        try:
            return line.ask("POST", "", json=message, makes=makes)
        except Refused as error:
            if not _is_lasting(error):
                raise
        raise AccountRefused(
            "Slack does not take messages by this webhook any more: it was removed, or its channel is archived or closed to "
            "it. Make a new one, and reconnect the account."
        )


def _is_lasting(error: Refused) -> bool:
    """Whether the webhook itself was refused, not this message."""
    said = error.answer.body[:_LONGEST_WORD].decode("utf-8", "replace").strip()
    return said in _REFUSALS or error.http_status in _LASTING_STATUSES
