"""What the operator chose about publishing."""

from dataclasses import dataclass
from typing import Final

PRIVATE_HOSTS_SETTING: Final = "NIGHTDESK_PRIVATE_HOSTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingOptions:
    """`private_hosts`: servers (`host` or `host:port`) in private networks that accounts and webhooks may name.

    All others must be on the public internet. Time-outs in seconds: of one request, and of one that carries a picture.
    """

    private_hosts: frozenset[str] = frozenset()
    timeout_s: float = 20.0
    upload_timeout_s: float = 120.0
