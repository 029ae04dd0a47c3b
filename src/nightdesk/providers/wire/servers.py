"""The address of a server as an operator writes it: `http://user:password@host:port/path`."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class ServerAddress:
    """An address that was checked when it was read. It may hold a user name and password and never shows them."""

    url: str = field(repr=False)

    @property
    def host(self) -> str:
        """The server's name for people: host, and port where one is given."""
        return self._parts.netloc.rpartition("@")[2]

    @property
    def hostname(self) -> str:
        """The host alone, in small letters."""
        return self._parts.hostname or ""

    @property
    def login(self) -> tuple[str, str] | None:
        """User name and password out of the address, for a proxy that asks for them."""
        if self._parts.username is None:
            return None
        return unquote(self._parts.username), unquote(self._parts.password or "")

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what must be equal for an address to be on this server."""
        return self._parts.scheme, self.hostname, self._parts.port or _PORTS.get(self._parts.scheme, 0)

    def base_url(self, *, default_path: str = "") -> str:
        """Return the address without user name and password; a bare host gets `default_path`."""
        return f"{self._parts.scheme}://{self.host}{self._parts.path.rstrip('/') or default_path}"

    @cached_property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)


def complain_of_address(url: str, *, example: str) -> str | None:
    """Say what is wrong with an address of a server, as the rest of a sentence; None: nothing."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "has a host or port that cannot be read."
    if parts.scheme not in _PORTS or not parts.hostname:
        return f"must be an address like {example}."
    if parts.query or parts.fragment:
        return "must end with its path: nothing after ? or #."
    return None
