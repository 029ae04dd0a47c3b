"""What the operator chose about mail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

HOST_SETTING: Final = "NIGHTDESK_SMTP_HOST"
USER_SETTING: Final = "NIGHTDESK_SMTP_USER"
PASSWORD_SETTING: Final = "NIGHTDESK_SMTP_PASSWORD"  # noqa: S105 (the name of a setting)
SECURITY_SETTING: Final = "NIGHTDESK_SMTP_SECURITY"
SENDER_SETTING: Final = "NIGHTDESK_MAIL_FROM"
SERVICE_SETTING: Final = "NIGHTDESK_MAIL_SERVICE"
SERVICE_OPTIONS_SETTING: Final = "NIGHTDESK_MAIL_SERVICE_OPTIONS"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOptions:
    """Without `host` and `service` nothing leaves: mail is kept in the outbox.

    `security`: none, starttls or tls. `service` is a mail service that django-anymail knows, with its `service_options`.
    Times in seconds. `connections`: how many one process may hold open; one is closed when it is `idle_s` unused.
    """

    sender_address: str = "Nightdesk <nightdesk@localhost.localdomain>"
    host: str = ""
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 20.0
    connections: int = 4
    idle_s: float = 30.0
    service: str = ""
    service_options: Mapping[str, Any] = field(default_factory=dict, repr=False)
