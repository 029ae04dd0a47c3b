"""From what a vendor names as its result to pixels: an address, a data address, or base64."""

import base64
import binascii

from nightdesk.core.errors import Permanent
from nightdesk.providers.fetching.addresses import BlockedAddress
from nightdesk.providers.fetching.fetch import fetch
from nightdesk.providers.images.hosted.faults import explain_no_picture
from nightdesk.providers.images.hosted.line import MOST_PICTURE_BYTES, Line

_SILENT_S = 20.0


def take_result(named: str, line: Line) -> bytes:
    """Return the bytes of a result by its address: our own server's, the public internet's, or one that holds the data.

    Raises:
        Permanent: the address may not be fetched, or holds nothing.
        Transient: the network did not play along.
    """
    if named.startswith("data:"):
        return read_base64(named.partition(",")[2], line)
    try:
        return fetch(
            named,
            max_bytes=MOST_PICTURE_BYTES,
            timeout_s=_SILENT_S,
            deadline_s=max(1.0, line.left_s),
            check=line.check,
            own_origin=line.vendor.server.origin,
        )
    except BlockedAddress:
        fault: Permanent = explain_no_picture(line.vendor, "is at an address that is not on the public internet")
    raise fault


def read_base64(text: str, line: Line) -> bytes:
    """Return the bytes of a result in base64.

    Raises:
        Permanent: it is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        fault = explain_no_picture(line.vendor, "is no base64")
    raise fault
