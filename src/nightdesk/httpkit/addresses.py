"""Where a request comes from, whatever it claims."""

import ipaddress
from typing import Final

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: A server behind a Unix socket has no peer address; then only this machine can have asked.
_LOCAL: Final = ipaddress.ip_address("127.0.0.1")
#: A customer usually gets a whole /64 of IPv6: counting single addresses would count nothing.
_IPV6_SHARE: Final = 64


def client_address(request: HttpRequest) -> str:
    """Return the address of whoever asked.

    It is the peer's, unless the peer is a trusted proxy: then the right-most entry of X-Forwarded-For that is no
    trusted proxy, since each proxy appends on the right what it saw, and all to the left of that is the caller's claim.
    """
    hops = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    address = _peer(request, hops)
    for hop in reversed(hops):
        found = _read(hop)
        if found is None or not _is_trusted(address):
            break
        address = found
    return str(address)


def _peer(request: HttpRequest, hops: list[str]) -> Address:
    """Return who is at the other end of the connection.

    uvicorn, started with its defaults, believes the header of any program on this machine and puts an entry of it in
    the peer's place. A peer that stands in the header is therefore taken for this machine: at worst, somebody who
    names their own address shares the share of this machine.
    """
    peer = _read(str(request.META.get("REMOTE_ADDR", "")))
    if peer is None or any(peer == _read(hop) for hop in hops):
        return _LOCAL
    return peer


def share_of(address: str) -> str:
    """Name the share that an address belongs to: itself, or its /64 for IPv6."""
    found = _read(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _IPV6_SHARE), strict=False))
    return address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _read(text: str) -> Address | None:
    """Read an address, with or without a port; IPv4 in IPv6 clothes counts as IPv4, a zone index is dropped."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found
