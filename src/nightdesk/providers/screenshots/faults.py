"""What the browser's errors mean. Chromium names them in its messages: net::ERR_NAME."""

import re
from typing import Final

from nightdesk.core.errors import Misconfigured, OperationalFault, Permanent, Transient

_NAME: Final = re.compile(r"net::(ERR_[A-Z_]+)")
_MEANINGS: Final = {
    "ERR_CERT": "The site's certificate is not valid, so its page is not shown. Check the address.",
    "ERR_SSL": "The site does not speak a safe protocol. Check the address.",
    "ERR_TOO_MANY_REDIRECTS": "The page sends its readers in a circle. Check the address.",
    "ERR_UNKNOWN_URL_SCHEME": "The page leads to something that is no web page. Check the address.",
    "ERR_ABORTED": "This address is a file to be downloaded, not a page. Give the address of a page.",
    "ERR_INVALID_RESPONSE": "The site does not answer as a web server does. Check the address.",
}


def explain_failure(message: str) -> OperationalFault:
    """Make the fault of an error that Playwright raised while it opened a page."""
    if "Download is starting" in message:
        return Permanent(_MEANINGS["ERR_ABORTED"])
    found = _NAME.search(message)
    name = found[1] if found else ""
    for prefix, meaning in _MEANINGS.items():
        if name.startswith(prefix):
            return Permanent(meaning)
    return Transient(f"The page could not be opened ({name or 'the browser gave no reason'}). It will be tried again.")


def explain_start(message: str) -> OperationalFault:
    """Make the fault of an error that Playwright raised while it started the browser."""
    if "sandbox" in message.lower():
        return Misconfigured(
            "Chromium cannot set up its sandbox for this user. Allow user namespaces on this machine (sysctl "
            "kernel.unprivileged_userns_clone=1, or Debian's package chromium-sandbox), then try again.",
            setting="Chromium",
        )
    if "Executable doesn't exist" in message:
        return Misconfigured("There is no Chromium. Install it, then try again.", setting="Chromium")
    return Transient("The browser could not be started. It will be tried again.")
