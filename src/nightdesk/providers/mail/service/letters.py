"""A letter as django-anymail wants it, and the part of the library that speaks to the chosen service."""

import email
import email.policy
import re
import uuid
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from importlib import import_module
from typing import Any, Final

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.mail.options import SERVICE_OPTIONS_SETTING, SERVICE_SETTING, MailOptions
from nightdesk.providers.mail.protocol import Letter

#: Written by the service itself, or handed over in a field of their own.
_OWN_HEADERS: Final = frozenset({"from", "to", "subject", "date", "mime-version"})
#: Parts of the library that are no service.
_NO_SERVICES: Final = frozenset({"base", "base_requests", "console", "test"})
_NAME: Final = re.compile(r"^[a-z][a-z_]{1,40}$")
_WANTED: Final = re.compile(r"\{'([A-Z_]+)'")
_KEY_SPACE: Final = uuid.UUID("5b0f9f4e-3a44-4a53-8f0e-6f3c1e0c5f1d")


def make_backend(options: MailOptions) -> Any:
    """Make what sends through the chosen service. It connects when it is opened, and is for one thread at a time.

    Raises:
        Misconfigured: the extra is not installed, there is no such service, or an option of it is missing.
    """
    make = _find_backend(options.service)
    given = {name.lower(): value for name, value in options.service_options.items()}
    # The library would print every request, with its key, where this is on.
    given |= {"timeout": options.timeout_s, "debug_api_requests": False}
    try:
        return make(**given)
    except _load("anymail.exceptions").AnymailConfigurationError as error:
        wanted = _WANTED.search(str(error))
    name = f" {wanted[1].partition('_')[2]}" if wanted else ""
    raise Misconfigured(
        f"{options.service} wants{name or ' something else'} in {SERVICE_OPTIONS_SETTING}. Set it, then start Nightdesk "
        "again.",
        setting=SERVICE_OPTIONS_SETTING,
    )


def write_message(letter: Letter, *, service: str) -> Any:
    """Return a letter as the library's message: the same in every try, which idempotency keys insist on."""
    read = email.message_from_bytes(letter.raw, _class=EmailMessage, policy=email.policy.default)
    message = _load("anymail.message").AnymailMessage(
        subject=str(read["Subject"] or ""),
        body=_read_part(read, "plain"),
        from_email=str(read["From"] or letter.envelope_from),
        to=[letter.recipient],
        headers=_read_headers(read) | _KEY_FIELDS.get(service, _no_field)(letter.key),
    )
    html = _read_part(read, "html")
    if html:
        message.attach_alternative(html, "text/html")
    for part in read.iter_attachments():
        message.attach(part.get_filename() or "attachment", part.get_content(), part.get_content_type())
    return message


def key_headers(letter: Letter, *, service: str) -> Mapping[str, str]:
    """Return the HTTP headers by which a service knows a second try (Resend: 24 hours)."""
    return {"Idempotency-Key": letter.key} if service == "resend" else {}


def _find_backend(service: str) -> Callable[..., Any]:
    _load("anymail.backends.base")
    name = service.replace(" ", "_").replace("-", "_")
    try:
        if not _NAME.match(name) or name in _NO_SERVICES:
            raise ModuleNotFoundError
        backend: Callable[..., Any] = import_module(f"anymail.backends.{name}").EmailBackend
    except ImportError:
        backend = _no_backend
    if backend is not _no_backend:
        return backend
    raise Misconfigured(
        f"django-anymail knows no service {service!r}, or wants a further package for it. Correct {SERVICE_SETTING}.",
        setting=SERVICE_SETTING,
    )


def _no_backend(**_given: Any) -> Any:
    """Stand for a service that is not there."""


def _load(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        pass
    raise Misconfigured(
        f"{SERVICE_SETTING} is set, and django-anymail is not installed. Install the extra `anymail`, then start Nightdesk "
        "again.",
        setting=SERVICE_SETTING,
    )


def _read_part(read: EmailMessage, subtype: str) -> str:
    part = read.get_body(preferencelist=(subtype,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


def _read_headers(read: EmailMessage) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in read.items()
        if name.lower() not in _OWN_HEADERS and not name.lower().startswith("content-")
    }


def _no_field(_key: str) -> dict[str, str]:
    return {}


#: Fields of the message itself by which a service knows a second try. Brevo: a UUID, for half an hour.
_KEY_FIELDS: Final[Mapping[str, Callable[[str], dict[str, str]]]] = {
    "brevo": lambda key: {"idempotencyKey": str(uuid.uuid5(_KEY_SPACE, key))},
}
