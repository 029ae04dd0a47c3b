"""Keys, hosts and proxies."""

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from nightdesk.config.environment import Environment, Topic, refuse

#: Shorter keys can be guessed; Django's own check draws the line at 50.
LEAST_KEY_LENGTH: Final = 50
_LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What is believed and what is signed with. Empty keys: made once and kept in the data folder."""

    secret_key: str
    encryption_keys: tuple[str, ...]
    base_url: str
    allowed_hosts: tuple[str, ...]
    trusted_proxies: tuple[Network, ...]


def read_security(environment: Environment) -> Security:
    """Read keys, hosts and the networks of trusted proxies."""
    topic = environment.topic("Security")
    base_url = _read_base_url(topic)
    own_host = urlsplit(base_url).hostname or "localhost"
    return Security(
        secret_key=_read_secret_key(topic),
        encryption_keys=_read_encryption_keys(topic),
        base_url=base_url,
        allowed_hosts=topic.words(
            "NIGHTDESK_ALLOWED_HOSTS",
            default=tuple(dict.fromkeys((*_LOCAL_HOSTS, f"[{own_host}]" if ":" in own_host else own_host))),
            shown="this machine and the host of `NIGHTDESK_BASE_URL`",
            meaning="Host names under which the pages may be asked for; `.example.org` allows every name below it.",
        ),
        trusted_proxies=_read_proxies(topic),
    )


def _read_base_url(topic: Topic) -> str:
    url = topic.address(
        "NIGHTDESK_BASE_URL",
        default="http://localhost:8000",
        schemes=("http", "https"),
        meaning="Address under which people reach this installation; links in mails begin with it.",
    ).rstrip("/")
    if not urlsplit(url).hostname:
        raise refuse("NIGHTDESK_BASE_URL", "must name a host, like https://desk.example.org.")
    return url


def _read_secret_key(topic: Topic) -> str:
    key = topic.secret(
        "NIGHTDESK_SECRET_KEY",
        shown="made once, kept in the data folder",
        meaning="Signs sessions and links. Whoever has it can sign in as anyone.",
    )
    if key and len(key) < LEAST_KEY_LENGTH:
        raise refuse("NIGHTDESK_SECRET_KEY", f"must have at least {LEAST_KEY_LENGTH} characters.")
    return key


def _read_encryption_keys(topic: Topic) -> tuple[str, ...]:
    raw = topic.secret(
        "NIGHTDESK_ENCRYPTION_KEYS",
        shown="made once, kept in the data folder",
        meaning="Fernet keys with commas between them. The first encrypts, all decrypt: put a new one in front to rotate.",
    )
    keys = tuple(key for key in (part.strip() for part in raw.replace("\n", ",").split(",")) if key)
    for number, key in enumerate(keys, start=1):
        check_encryption_key(key, number=number)
    return keys


def check_encryption_key(key: str, *, number: int) -> None:
    """Refuse a key that Fernet cannot use, by its place in the list: the key itself is never shown."""
    try:
        Fernet(key)
    except ValueError:
        raise refuse("NIGHTDESK_ENCRYPTION_KEYS", f"holds a key that is not a Fernet key (number {number}).") from None


def _read_proxies(topic: Topic) -> tuple[Network, ...]:
    networks = []
    for word in topic.words(
        "NIGHTDESK_TRUSTED_PROXIES",
        meaning="Networks whose `X-Forwarded-For` is believed, like `10.0.0.0/8`.",
    ):
        try:
            networks.append(ipaddress.ip_network(word))
        except ValueError:
            raise refuse(
                "NIGHTDESK_TRUSTED_PROXIES", f"holds {word!r}, which is not a network like 10.0.0.0/8."
            ) from None
    return tuple(networks)
