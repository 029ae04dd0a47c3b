"""Make sure of a program that pip cannot install: `python tools/ensure_program.py chromium|rabbitmq|wordpress`.

First what is on PATH, then Debian's package (as root, where apt-get exists), then, for Chromium, Playwright's own build.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program by the names it may have on PATH, and Debian's packages for it.

    `needs`: further programs, and files by their absolute path, without which it is not there.
    """

    names: tuple[str, ...]
    packages: tuple[str, ...]
    needs: tuple[str, ...] = ()
    playwright: str | None = None
    #: Folders of programs that Debian keeps off the usual PATH.
    folders: tuple[str, ...] = ()


PROGRAMS: Final = {
    "chromium": Program(
        names=("chromium", "chromium-browser", "google-chrome"), packages=("chromium",), playwright="chromium"
    ),
    "rabbitmq": Program(
        names=("rabbitmq-server",), packages=("rabbitmq-server",), folders=("/usr/sbin", "/usr/lib/rabbitmq/bin")
    ),
    # Apache, which the package recommends, is of no use: the tests start PHP's own server.
    "wordpress": Program(
        names=("php",),
        packages=(
            "wordpress",
            "wordpress-theme-twentytwentythree",
            "mariadb-server",
            *(f"php-{part}" for part in ("cli", "mysql", "gd", "xml", "mbstring", "curl")),
        ),
        needs=(
            "mariadbd",
            "mariadb-install-db",
            "/usr/share/wordpress/wp-load.php",
            "/usr/share/wordpress/wp-content/themes/twentytwentythree",
        ),
        folders=("/usr/sbin",),
    ),
}
#: Debian's switch for starting no service while packages are installed (see invoke-rc.d(8)).
_POLICY: Final = Path("/usr/sbin/policy-rc.d")


def find(program: Program) -> str | None:
    """Return where the program is, or None."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *program.folders])
    if not all(
        Path(need).exists() if need.startswith("/") else shutil.which(need, path=path) for need in program.needs
    ):
        return None
    return next((found for name in program.names if (found := shutil.which(name, path=path))), None)


def ensure(program: Program) -> str | None:
    """Return where the program is, installed if need be; None where there was no way to get it."""
    if found := find(program):
        return found
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        _install_packages(program.packages)
        if found := find(program):
            return found
    return _install_with_playwright(program.playwright) if program.playwright else None


def _install_packages(packages: tuple[str, ...]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_services():
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", *arguments], env=environment, check=False, stdin=subprocess.DEVNULL)


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep a freshly installed server from starting: the tests start their own, on ports of their own."""
    ours = not _POLICY.exists()
    if ours:
        _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        _POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            _POLICY.unlink()


def _install_with_playwright(browser: str) -> str | None:
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", browser]
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    return f"Playwright's own {browser}" if done.returncode == 0 else None


def main(arguments: list[str]) -> int:
    """Say where the program is; return 1, with what to do, where it could not be had."""
    if len(arguments) != 1 or arguments[0] not in PROGRAMS:
        print(f"usage: ensure_program.py {'|'.join(PROGRAMS)}", file=sys.stderr)
        return 2
    program = PROGRAMS[arguments[0]]
    if found := ensure(program):
        print(f"{arguments[0]}: {found}")
        return 0
    print(
        f"{arguments[0]} is missing. Install it (Debian: apt-get install {' '.join(program.packages)}), then run this again."
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
