"""Refuse committed text that ties the project to one machine or one package index: `python tools/repository_gate.py`."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: Put together from pieces, so that the gate does not find itself.
_INDEX_HOSTS: Final = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com/", "crates" + ".io")
_RULES: Final = {
    "names the host of a package index": re.compile("|".join(re.escape(host) for host in _INDEX_HOSTS)),
    "names a folder of one machine": re.compile(
        r"(?<![\w.$}~/-])/(?:"
        + "|".join(("ro" + "ot", "ho" + "me/[a-z]", "wo" + "rk", "Us" + "ers/[A-Za-z]"))
        + r")(?:/|\b)"
    ),
    "tells pip which index to use": re.compile(r"^--(?:extra-)?(?:index-url|find-links|trusted-host)\b", re.MULTILINE),
    "holds a private key": re.compile("-----BEGIN " + r"(?:[A-Z]+ )?PRIVATE KEY-----"),
}
#: Lock files that store download addresses.
_LOCK_FILES: Final = frozenset({"uv" + ".lock", "poetry" + ".lock", "package-lock" + ".json", "Pipfile" + ".lock"})
#: More than any file that is written by hand; what is bigger belongs into a release, not into the history.
MOST_BYTES: Final = 1024 * 1024


def find_in_file(path: Path, *, place: str) -> Iterator[str]:
    """Say what is wrong with one file, one sentence each; binary files are only weighed."""
    if path.name in _LOCK_FILES:
        yield f"{place}: a lock file with download addresses; pin in requirements/ instead"
        return
    content = path.read_bytes()
    if len(content) > MOST_BYTES:
        yield f"{place}: {len(content)} bytes, the limit is {MOST_BYTES}"
    if b"\0" in content:
        return
    text = content.decode("utf-8", errors="replace")
    for complaint, pattern in _RULES.items():
        for found in pattern.finditer(text):
            yield f"{place}:{text.count(chr(10), 0, found.start()) + 1}: {complaint}"


def list_files(root: Path) -> list[Path]:
    """List what git has or would take: tracked files and new ones that are not ignored."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    return [root / name for name in names if name and (root / name).is_file()]


def main() -> int:
    """Print every complaint; return 1 where there is one."""
    root = Path.cwd()
    if not (root / ".git").exists():
        print("repository gate: not a git checkout, nothing to look at")
        return 0
    complaints = [
        line for path in list_files(root) for line in find_in_file(path, place=path.relative_to(root).as_posix())
    ]
    for line in complaints:
        print(line)
    return int(bool(complaints))


if __name__ == "__main__":
    sys.exit(main())
