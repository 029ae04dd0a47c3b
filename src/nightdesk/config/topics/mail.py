"""How mail leaves: over SMTP, through a service, or not at all."""

import email.utils
import json
import re
from typing import Any, Final

from nightdesk.config.environment import Environment, Topic, refuse
from nightdesk.providers.mail.options import HOST_SETTING, MailOptions

_SENDER: Final = "NIGHTDESK_MAIL_FROM"
_SERVICE: Final = "NIGHTDESK_MAIL_SERVICE"
_SERVICE_OPTIONS: Final = "NIGHTDESK_MAIL_SERVICE_OPTIONS"
_HOOK_SECRET: Final = "NIGHTDESK_MAIL_HOOK_SECRET"  # noqa: S105 (the name of a setting)
#: As it stands in an address, before the `@`: basic authentication parts name and password at the first colon.
_HOOK_SECRET_FORM: Final = re.compile(r"^(?=.{20,200}$)[A-Za-z0-9._~-]+:[A-Za-z0-9._~-]+$")
_PASSWORD: Final = "NIGHTDESK_SMTP_PASSWORD"  # noqa: S105 (the name of a setting)


def read_mail(environment: Environment) -> MailOptions:
    """Read the choices about mail. Nothing set: it is kept in the outbox, and nothing leaves.

    Raises:
        Misconfigured: a value that cannot be used, or both a server and a service.
    """
    topic = environment.topic("Mail")
    host = topic.text(
        HOST_SETTING,
        shown="none",
        meaning="Mail server. Without one, mail is kept on the outbox page and nothing leaves.",
    )
    username = topic.text("NIGHTDESK_SMTP_USER", meaning="Name to sign in at the mail server with.")
    password = topic.secret(_PASSWORD, meaning="Password for that name.")
    if bool(username) != bool(password):
        raise refuse(_PASSWORD, "and NIGHTDESK_SMTP_USER must be set both, or neither.")
    service = topic.text(
        _SERVICE,
        shown="none",
        meaning="Mail service instead of a server, by django-anymail's name for it, like `postmark` (extra `anymail`).",
    ).lower()
    if host and service:
        raise refuse(_SERVICE, f"and {HOST_SETTING} are both set. Keep one of the two.")
    return MailOptions(
        sender_address=_read_sender(topic),
        host=host,
        port=topic.integer(
            "NIGHTDESK_SMTP_PORT", default=587, least=1, most=65_535, meaning="Port of the mail server."
        ),
        security=topic.choice(
            "NIGHTDESK_SMTP_SECURITY",
            options=("none", "starttls", "tls"),
            default="starttls",
            meaning="How the connection is encrypted: after `STARTTLS`, from the start (`tls`, port 465), or not at all.",
        ),
        username=username,
        password=password,
        timeout_s=topic.duration_s(
            "NIGHTDESK_SMTP_TIMEOUT", default=20, least=1, meaning="Longest wait for one answer of the mail server."
        ),
        connections=topic.integer(
            "NIGHTDESK_SMTP_CONNECTIONS",
            default=4,
            least=1,
            most=100,
            meaning="Connections to the mail server that one worker holds open; each is used again for the next mail.",
        ),
        service=service,
        service_options=_read_service_options(topic),
    )


def _read_sender(topic: Topic) -> str:
    address = topic.text(
        _SENDER,
        default="Nightdesk <nightdesk@localhost.localdomain>",
        kind="address",
        meaning="Who mail is from, like `Studio <desk@example.org>`.",
    )
    _, found = email.utils.parseaddr(address)
    if "@" not in found or not address.isprintable():
        raise refuse(_SENDER, "must be an address like Studio <desk@example.org>.")
    return address


def _read_service_options(topic: Topic) -> dict[str, Any]:
    raw = topic.secret(
        _SERVICE_OPTIONS,
        meaning='What the service wants to know, as JSON under django-anymail\'s names, like `{"SERVER_TOKEN": "..."}`.',
    )
    try:
        options = json.loads(raw or "{}")
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise refuse(_SERVICE_OPTIONS, "must be a JSON object.")
    return options


def read_mail_hook_secret(environment: Environment) -> str:
    """Read what a mail service has to send to tell us of bounces; "" where nobody may.

    Raises:
        Misconfigured: it is not `name:password`, or short enough to be guessed.
    """
    secret = environment.topic("Mail").secret(
        _HOOK_SECRET,
        meaning="`name:password` with which the mail service reports bounces and complaints to `/hooks/mail/`. "
        "Without it nothing is taken there.",
    )
    if secret and not _HOOK_SECRET_FORM.match(secret):
        raise refuse(_HOOK_SECRET, "must be name:password, at least 20 plain characters, like what a generator makes.")
    return secret
