"""Chromium: where it is, and with which rights it runs."""

import os
import shutil
import stat
import time
from pathlib import Path
from typing import Any, Final

from nightdesk.core.errors import Misconfigured

#: Begins the names of the folders that browsers call home.
HOME_PREFIX: Final = "nightdesk-page-"
#: No picture takes so long: whoever made an older home was killed.
_HOME_LASTS_S: Final = 3600.0

_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
#: Where Playwright puts browsers of its own, on Linux and on macOS; see its page "Browsers".
_OWN_FOLDERS: Final = (".cache/ms-playwright", "Library/Caches/ms-playwright")
_HOW_TO: Final = (
    "Install Chromium (Debian: apt-get install chromium), or run `playwright install chromium`, then try again."
)

#: The browser speaks to the proxy on loopback and to nobody else: names and numbers alike do not resolve for it, loopback
#: goes through the proxy as well, and what travels beside proxies (QUIC, WebRTC, prefetches) is switched off.
_FLAGS: Final = (
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--mute-audio",
    "--no-first-run",
    "--no-pings",
)


def find_program() -> Path | None:
    """Return this machine's Chromium; None where Playwright's own must do."""
    return next((Path(found) for name in _PROGRAMS if (found := shutil.which(name))), None)


def ensure_browser() -> None:
    """Make sure that there is a browser; starts nothing.

    Raises:
        Misconfigured: there is none; the message says what to install.
    """
    own = (Path.home() / folder for folder in _OWN_FOLDERS)
    if find_program() is None and not any(any(folder.glob("chromium*-*")) for folder in own):
        raise Misconfigured(f"There is no Chromium on this machine. {_HOW_TO}", setting="Chromium")


def launch_options(*, proxy_port: int, home: Path, is_root: bool) -> dict[str, Any]:
    """Say how Playwright is to start it.

    Its sandbox is on wherever it can be: Chromium refuses to be root inside it. It gets none of our environment, where
    keys and passwords may stand.
    """
    return {
        "executable_path": find_program(),
        "headless": True,
        "chromium_sandbox": not is_root,
        "proxy": {"server": f"http://127.0.0.1:{proxy_port}", "bypass": "<-loopback>"},
        "args": list(_FLAGS),
        "env": {"PATH": os.defpath, "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "TZ": "UTC"},
    }


def remove_left_homes(folder: Path) -> None:
    """Remove the homes of browsers whose workers were killed; only our own user's. Safe for several at once."""
    oldest = time.time() - _HOME_LASTS_S
    for path in folder.glob(f"{HOME_PREFIX}*"):
        try:
            found = path.lstat()
        except OSError:  # somebody else was faster
            continue
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and found.st_mtime < oldest:
            shutil.rmtree(path, ignore_errors=True)


def runs_as_root() -> bool:
    """Tell whether this process is root, under which Chromium's sandbox cannot work."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
