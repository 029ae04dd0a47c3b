"""Fetch one file that an address out of somebody else's hands names.

Every hop is held to the same rules: http or https, no user name, the usual ports, and a connection to an address that
was found to be public, whatever the name is looked up as later. What comes is bytes: what they are is for their reader.
"""

from collections.abc import Callable
from typing import Final

import httpx2

from nightdesk.core.errors import NightdeskError, OperationalFault, Permanent, Transient
from nightdesk.providers.fetching.addresses import BlockedAddress, Lookup, look_up, resolve, resolve_public
from nightdesk.providers.wire.transport import Resolve, WatchedTransport
from nightdesk.providers.wire.watch import Flooded, OutOfTime, Watch

_CONNECT_S: Final = 5.0
_MOST_HOPS: Final = 4
_PORTS: Final = {"http": 80, "https": 443}
#: Scheme, host and port.
Origin = tuple[str, str, int]


class TooLarge(Permanent):
    """The file has more bytes than its reader takes."""

    code = "too_large"


def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout_s: float,
    deadline_s: float,
    check: Callable[[], None] | None = None,
    own_origin: Origin | None = None,
    lookup: Lookup = look_up,
) -> bytes:
    """Return the bytes behind an address.

    A silence of `timeout_s` ends it, and so does the end of `deadline_s` for all hops together. `check` is called several
    times a second and may raise. `own_origin` is a server that the operator named, which may be anywhere; only this
    very scheme, host and port.

    Raises:
        BlockedAddress: it leads to what is not public, or is no plain address.
        TooLarge: there are more than `max_bytes`.
        Permanent: the server refuses it, or sends it on too often.
        Transient: the server or the network did not play along.
    """
    # Headers and chunks come on top of the file.
    watch = Watch(limit_s=deadline_s, on_tick=check, most_bytes=max_bytes + max_bytes // 8 + 256 * 1024)
    target = _read(url)
    for _ in range(_MOST_HOPS):
        is_own = own_origin is not None and _find_origin(target) == own_origin
        if not is_own and _find_origin(target)[2] != _PORTS[target.scheme]:
            raise BlockedAddress(f"Nothing is fetched from port {target.port} of another server.")
        found = _hop(target, watch, _make_resolver(lookup, is_own=is_own), max_bytes=max_bytes, timeout_s=timeout_s)
        if isinstance(found, bytes):
            return found
        target = found
    raise Permanent("This address sends its reader on again and again. Use the one where the file is.")


def _read(url: str | httpx2.URL) -> httpx2.URL:
    try:
        target = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, TypeError):
        target = httpx2.URL("")
    if target.scheme not in _PORTS or not target.host or target.userinfo:
        raise BlockedAddress("Only plain addresses like https://host/picture.png can be fetched.")
    return target


def _find_origin(url: httpx2.URL) -> Origin:
    return url.scheme, url.host, url.port or _PORTS[url.scheme]


def _make_resolver(lookup: Lookup, *, is_own: bool) -> Resolve:
    find = resolve if is_own else resolve_public
    return lambda host, port, limit_s: find(host, port, timeout_s=limit_s, lookup=lookup)


def _hop(
    target: httpx2.URL, watch: Watch, resolver: Resolve, *, max_bytes: int, timeout_s: float
) -> bytes | httpx2.URL:
    """Return the file, or the address to which the server sends us on."""
    try:
        return _ask(target, watch, resolver, max_bytes=max_bytes, timeout_s=timeout_s)
    except NightdeskError:
        raise
    except (httpx2.HTTPError, ValueError, OutOfTime, Flooded) as error:
        if error is watch.raised:
            raise
        fault: OperationalFault = _explain(error, target.host)
    raise fault


def _ask(
    target: httpx2.URL, watch: Watch, resolver: Resolve, *, max_bytes: int, timeout_s: float
) -> bytes | httpx2.URL:
    client = httpx2.Client(
        transport=WatchedTransport(watch, resolve=resolver),
        timeout=httpx2.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
        trust_env=False,
        follow_redirects=False,
    )
    headers = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "nightdesk"}
    with client, client.stream("GET", target, headers=headers) as response:
        if response.has_redirect_location:
            return _read(target.join(response.headers["location"]))
        if response.status_code != 200:
            raise _refuse(response.status_code, target.host)
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise ValueError("compressed")  # could unpack to any size
        data = bytearray()
        for chunk in response.iter_raw():
            data += chunk
            if len(data) > max_bytes:
                raise TooLarge(f"The file at {target.host} is larger than {max_bytes // 2**20} MiB. Use a smaller one.")
        return bytes(data)


def _refuse(status: int, host: str) -> OperationalFault:
    if status in (408, 425, 429) or status >= 500:
        return Transient(f"{host} does not give the file out now (HTTP {status}). It will be tried again.")
    return Permanent(f"{host} does not give the file out (HTTP {status}). Check the address.")


def _explain(error: Exception, host: str) -> OperationalFault:
    if isinstance(error, OutOfTime | httpx2.TimeoutException):
        return Transient(f"{host} was too slow. It will be tried again.")
    if isinstance(error, Flooded):
        return TooLarge(f"{host} sent more than can be read. Use a smaller file.")
    return Transient(f"{host} could not be reached, or broke off. It will be tried again.")
