"""One delivery of a webhook: a signed POST, 15 seconds, no redirects, only where we may send to.

Whoever receives it knows a repetition by `webhook-id`, so what did not surely arrive is sent again.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from nightdesk.core.errors import NightdeskError, Permanent, Transient
from nightdesk.providers.fetching.addresses import BlockedAddress, UnknownHost, resolve_public
from nightdesk.providers.publishing.line import Answer, Line, Refused
from nightdesk.providers.publishing.options import PRIVATE_HOSTS_SETTING, PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused
from nightdesk.providers.webhooks.signing import sign

#: As the specification asks: long enough for a slow receiver, short enough not to hold a slot.
TIMEOUT_S: Final = 15.0
_NAME: Final = "The webhook's server"
MOST_URL_BYTES: Final = 1_000
_GONE: Final = 410
_LOOKUP_S: Final = 2.0
_PORTS: Final = {"http": 80, "https": 443}


class WebhookGone(Permanent):
    """The receiver says that it wants no more of this, for good (410)."""

    code = "webhook_gone"
    public_message = "The webhook's server says that its address is gone (HTTP 410). It is not sent to any more."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """A run as a line sees it. Nothing is kept and no picture is read here."""

    check: Callable[[], None]
    time_left_s: Callable[[], float | None]

    def progress(self, percent: int, message: str) -> None:
        """Stop if the run is to stop."""
        self.check()

    def keep(self, name: str, call: Callable[[], Any]) -> Any:
        """Do it."""
        return call()

    def read_picture(self, asset_id: str) -> bytes:
        """Refuse: a delivery carries no files."""
        raise LookupError(asset_id)


def check_address(url: str, *, options: PublishingOptions) -> str:
    """Return the address of a receiver, trimmed. Without a look at where its name leads: that is done at each sending.

    Raises:
        Permanent: it is no address, or plain http to a host that the operator does not list as private.
    """
    address = url.strip()
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or ""), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        parts, host, port = urlsplit(""), "", 0
    if parts.scheme not in _PORTS or not host or parts.username or parts.password or not address.isprintable():
        raise Permanent("The address must look like https://example.com/hooks, without a name or password in it.")
    if len(address.encode()) > MOST_URL_BYTES:
        raise Permanent(f"The address must have at most {MOST_URL_BYTES} characters.")
    if parts.scheme == "http" and not is_listed(host, port, options):
        raise Permanent(
            "The address must begin with https://. If the host is in your own network, an operator can list it in "
            f"{PRIVATE_HOSTS_SETTING}."
        )
    return address


def check_reach(url: str, *, options: PublishingOptions) -> None:
    """Look, for at most two seconds, whether we may send to an address. A name that nobody knows now may be known later.

    Raises:
        Permanent: see `check_address`. BlockedAddress: it leads into a private network that the operator does not list.
    """
    parts = urlsplit(check_address(url, options=options))
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if is_listed(host, port, options):
        return
    with contextlib.suppress(UnknownHost):
        try:
            resolve_public(host, port, timeout_s=_LOOKUP_S)
        except BlockedAddress:
            raise BlockedAddress(
                f"{host} is not on the public internet, so nothing is sent there. If it is yours, an operator can list it "
                f"in {PRIVATE_HOSTS_SETTING}."
            ) from None


def is_listed(host: str, port: int, options: PublishingOptions) -> bool:
    """Whether the operator lists a host as private."""
    return bool({host.lower(), f"{host.lower()}:{port}"} & options.private_hosts)


def post_signed(line: Line, *, secrets: Sequence[str], webhook_id: str, body: bytes, **given: Any) -> Answer:
    """Make one signed POST over a line to the webhook's address; `given` goes to `Line.ask`."""
    headers = sign(secrets, webhook_id=webhook_id, timestamp_s=int(time.time()), body=body)
    return line.ask(
        "POST",
        "",
        content=body,
        headers={**headers, "Content-Type": "application/json"},
        timeout_s=TIMEOUT_S,
        **given,
    )


def is_gone(error: Refused) -> bool:
    """Whether a refusal is the receiver's "never again"."""
    return error.http_status == _GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of a delivery. `status`: the receiver's HTTP status, None where none came. `fault`: why it is not done."""

    status: int | None
    fault: NightdeskError | None = None


def send(
    *,
    url: str,
    secrets: Sequence[str],
    webhook_id: str,
    body: bytes,
    options: PublishingOptions,
    check: Callable[[], None],
    time_left_s: Callable[[], float | None],
) -> Sent:
    """Deliver once and say what came of it: `Transient` is worth another try, `Permanent` and `WebhookGone` are not.

    What `check` raises to stop the run goes through.
    """
    desk = _Errand(check=check, time_left_s=time_left_s)
    try:
        line = Line(name=_NAME, base_url=url, desk=desk, options=options)
        return Sent(status=post_signed(line, secrets=secrets, webhook_id=webhook_id, body=body).status)
    except Refused as error:
        return Sent(status=error.http_status, fault=_explain(error.http_status))
    except AccountRefused:
        return Sent(status=401, fault=_explain(401))
    except (BlockedAddress, Transient, Permanent) as error:
        return Sent(status=None, fault=error)


def _explain(status: int) -> NightdeskError:
    if status == _GONE:
        return WebhookGone()
    return Transient(
        f"{_NAME} answered with HTTP {status}, where 200 to 299 means that it was taken. It is tried again."
    )
