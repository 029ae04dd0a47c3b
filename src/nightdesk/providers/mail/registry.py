"""Which sender is used: the one that the settings name, else the outbox, from which nothing leaves."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from nightdesk.providers.mail.options import MailOptions
from nightdesk.providers.mail.protocol import Sender

_HERE: Final = "nightdesk.providers.mail"

#: The adapters as `module:class`, made with the options. Imported when asked for.
SENDERS: Final[dict[str, str]] = {
    "outbox": f"{_HERE}.outbox:Outbox",
    "smtp": f"{_HERE}.smtp.sender:Smtp",
    "anymail": f"{_HERE}.service.sender:Anymail",
}


@dataclass(slots=True)
class _Configured:
    options: MailOptions


_configured: Final[_Configured] = _Configured(MailOptions())


def configure(options: MailOptions) -> None:
    """Take over what the operator chose. Called once, when the settings are loaded; the last call counts."""
    _configured.options = options
    find_sender.cache_clear()


def configured() -> MailOptions:
    """Return what the operator chose."""
    return _configured.options


def sender_name() -> str:
    """Name the sender that is used: outbox, smtp or anymail."""
    options = _configured.options
    return "anymail" if options.service else "smtp" if options.host else "outbox"


@cache
def find_sender() -> Sender:
    """Return the sender that is used, one for the process.

    Raises:
        Misconfigured: it is chosen and not installed.
    """
    module, _, name = SENDERS[sender_name()].partition(":")
    made: Any = getattr(import_module(module), name)(_configured.options)
    sender: Sender = made
    return sender
