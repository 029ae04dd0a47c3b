"""Where a request comes from, whatever it claims."""

import ipaddress
from typing import Final

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: A server behind a Unix socket has no peer address; then only this machine can have asked.
_LOCAL: Final = "127.0.0.1"
#: A customer usually gets a whole /64 of IPv6: counting single addresses would count nothing.
_IPV6_SHARE: Final = 64


def client_address(request: HttpRequest) -> str:
    """Return the address of whoever asked.

    It is the peer's, unless the peer is a trusted proxy: then the right-most entry of X-Forwarded-For that is no
    trusted proxy, since each proxy appends on the right what it saw, and all to the left of that is the caller's claim.
    """
    peer = _read(str(request.META.get("REMOTE_ADDR") or _LOCAL))
    if peer is None:
        return _LOCAL
    address = peer
    if _is_trusted(peer):
        for hop in reversed(str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")):
            found = _read(hop.strip())
            if found is None:
                break
            address = found
            if not _is_trusted(found):
                break
    return str(address)


def share_of(address: str) -> str:
    """Name the share that an address belongs to: itself, or its /64 for IPv6."""
    found = _read(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _IPV6_SHARE), strict=False))
    return address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _read(text: str) -> Address | None:
    """Read an address; IPv4 in IPv6 clothes counts as IPv4, a zone index is dropped."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found
