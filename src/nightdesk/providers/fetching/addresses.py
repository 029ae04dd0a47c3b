"""Which addresses are public, and which a name stands for. What is not plainly public is private.

Whoever connects must connect to an address that `resolve_public` returned, not to the name: a second lookup may answer
otherwise (DNS rebinding).
"""

import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from nightdesk.core.errors import Permanent, Transient

#: What glibc may take for a name whose servers are silent: two rounds of 5 s, and a little.
_LOOKUP_S: Final = 12.0
_MOST_HOST_CHARS: Final = 253  # RFC 1035

#: The only IPv6 addresses that are handed out for the public net (RFC 4291); all others are refused.
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
#: Translators reach IPv4 through it (RFC 6052), so what counts is the IPv4 address inside.
_NAT64: Final = IPv6Network("64:ff9b::/96")
#: Set aside beyond what `ipaddress` of every Python 3.11 knows. Tunnels may end in any network, and nobody serves on one.
_SET_ASIDE: Final = tuple(
    ip_network(block)
    for block in (
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # relays of 6to4, RFC 7526
        "2001::/23",  # protocol assignments, Teredo among them, RFC 2928 and 4380
        "2001:db8::/32",  # documents, RFC 3849
        "2002::/16",  # 6to4, RFC 3056
        "3fff::/20",  # documents, RFC 9637
    )
)

#: Looks a host up as `socket.getaddrinfo` does and returns its addresses as text.
Lookup = Callable[[str, int], Sequence[str]]


class BlockedAddress(Permanent):
    """The address leads, or may lead, into a private network, or is none that we fetch from."""

    code = "blocked_address"
    public_message = "This address is not on the public internet. Use one that everybody can reach."


class UnknownHost(Transient):
    """No address could be found for the host's name."""

    code = "unknown_host"


def is_public(address: str) -> bool:
    """Tell whether an IP address, as text, is on the public internet. Anything else than an IP address is not."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return _is_public(ip)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is not None:
            return _is_public(inner)
        if ip.scope_id is not None or ip not in _GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in block for block in _SET_ASIDE)


def look_up(host: str, port: int) -> list[str]:
    """Ask this machine's resolver; numbers in any notation (decimal, octal, hex) are addresses to it as well."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def resolve_public(host: str, port: int, *, timeout_s: float = _LOOKUP_S, lookup: Lookup = look_up) -> list[str]:
    """Return the addresses of a host, all of them public, in the resolver's order; at least one. Connect only to these.

    Raises:
        BlockedAddress: one of them is not public, or the name is none.
        UnknownHost: the name has no address, or no answer came within `timeout_s`.
    """
    addresses = resolve(_write_name(host), port, timeout_s=timeout_s, lookup=lookup)
    if not all(is_public(address) for address in addresses):
        # One private address among public ones is enough: which of them is taken is not for the name's owner to choose.
        raise BlockedAddress
    return addresses


def _write_name(host: str) -> str:
    """Write a host as the resolver wants it."""
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not 0 < len(name) <= _MOST_HOST_CHARS or not name.isprintable() or " " in name:
        raise BlockedAddress("This address has no host name that can be read. Check it.")
    return name


def resolve(host: str, port: int, *, timeout_s: float = _LOOKUP_S, lookup: Lookup = look_up) -> list[str]:
    """Return the addresses of a host, public or not, for hosts that the operator named.

    Raises:
        UnknownHost: the name has no address, or no answer came within `timeout_s`.
    """
    question = _Question()
    # The resolver cannot be interrupted, so it is left behind where it takes too long; it ends by itself.
    threading.Thread(target=question.ask, args=(lookup, host, port), name="lookup", daemon=True).start()
    if not question.is_answered.wait(max(0.0, timeout_s)):
        raise UnknownHost(f"No address was found for {host} within {timeout_s:.0f} s. It will be tried again.")
    if not question.addresses:
        raise UnknownHost(f"There is no address for {host}. Check the name; it will be tried again.")
    return question.addresses


@dataclass(slots=True)
class _Question:
    """One lookup in a thread of its own."""

    addresses: list[str] = field(default_factory=list)
    is_answered: threading.Event = field(default_factory=threading.Event)

    def ask(self, lookup: Callable[..., Any], host: str, port: int) -> None:
        try:
            self.addresses = list(lookup(host, port))
        except (OSError, ValueError):  # ValueError: glibc's codec refuses a label before it asks
            pass
        finally:
            self.is_answered.set()
