"""Whether mail leaves, as a banner says it."""

from dataclasses import dataclass

from django.utils import timezone

from nightdesk.mail.models import SenderPause
from nightdesk.providers.mail.options import HOST_SETTING
from nightdesk.providers.mail.registry import sender_name


@dataclass(frozen=True, slots=True)
class SenderState:
    """`keeps`: there is no server, and `setting` would name one. `pause`: the server wants none for a while."""

    keeps: bool
    setting: str
    pause: SenderPause | None


def describe_sender() -> SenderState:
    """Say whether mail leaves now; one query where there is a server, else none."""
    keeps = sender_name() == "outbox"
    pause = None if keeps else SenderPause.objects.filter(until__gt=timezone.now()).order_by("-until").first()
    return SenderState(keeps, HOST_SETTING, pause)
