"""Addresses that are secrets: whoever knows a chat's incoming webhook may write into the chat."""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

from nightdesk.core.errors import Permanent
from nightdesk.providers.publishing.options import PRIVATE_HOSTS_SETTING, PublishingOptions

_PORTS: Final = {"http": 80, "https": 443}


def read_hook(
    url: str, *, name: str, hosts: Iterable[str], is_path: Callable[[str], bool], options: PublishingOptions
) -> str:
    """Return the address of an incoming webhook, without query and fragment.

    It must be https on one of the platform's `hosts` under a path that `is_path` accepts. On a host that the operator
    lists as private anything goes: other servers speak the same language, and a proxy may stand in between.

    Raises:
        Permanent: it is another address. The message does not repeat it.
    """
    known = tuple(hosts)
    wrong = Permanent(
        f"This is not the address of a webhook of {name}. It begins with https://{known[0]}/; copy it again, whole. For a "
        f"server of your own that speaks {name}'s language, an operator lists its host in {PRIVATE_HOSTS_SETTING}."
    )
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise wrong from None
    is_listed = bool({host, f"{host}:{port}"} & options.private_hosts) and parts.scheme in _PORTS
    is_theirs = parts.scheme == "https" and host in known and port == 443 and is_path(parts.path)
    if not (is_listed or is_theirs) or parts.username or parts.password:
        raise wrong
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
