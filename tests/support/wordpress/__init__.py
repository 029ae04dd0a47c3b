"""A private WordPress on free loopback ports, from Debian's packages: MariaDB, PHP's own web server, one site."""

import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.processes import (
    Process,
    find_free_port,
    is_listening,
    make_folder,
    remove_folder,
    start_process,
    wait_until,
)

_HERE = Path(__file__).parent
PACKAGE = Path("/usr/share/wordpress")
DATABASE_LIMIT_S = 60  # measured: 1 to 3 s
PHP_LIMIT_S = 30  # measured: under 1 s
#: A page that asks its own server for something (loopback requests of WordPress) needs a second worker.
WORKERS = 4
USERNAME = "editor"


class WordPressServer:
    """A WordPress site of our own, with readable addresses and an application password of its first user."""

    def __init__(self) -> None:
        self._php, self._mariadbd, self._install_db = find_programs()
        self.folder = make_folder("wordpress")
        self.log = self.folder / "php.log"
        self.port, self._database_port = find_free_port(), find_free_port()
        self._processes: list[Process] = []
        try:
            self._start_database()
            self._make_site()
            self.application_password = self.run_php("install.php").strip().splitlines()[-1]
            self._start_php()
        except BaseException:
            self.close()
            raise

    @property
    def root(self) -> str:
        """The address of the site."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def credentials(self) -> dict[str, str]:
        """What an account for this site is made of."""
        return {"server": self.root, "username": USERNAME, "application_password": self.application_password}

    def run_php(self, script: str, *arguments: str) -> str:
        """Run one of the scripts beside this file inside the site, and return what it printed."""
        done = subprocess.run(
            [self._php, _HERE / script, *arguments],
            cwd=self.folder / "site",
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(f"{script} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def close(self) -> None:
        """End the servers with all their workers and remove the folder; safe to repeat."""
        while self._processes:
            self._processes.pop().stop()
        remove_folder(self.folder)

    @property
    def _env(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PHP_CLI_SERVER_WORKERS": str(WORKERS),
            "SITE_URL": self.root,
            "SITE_DATABASE": f"127.0.0.1:{self._database_port}",
            "SITE_USER": USERNAME,
        }

    def _start_database(self) -> None:
        data, owner = self.folder / "database", find_owner()
        data.mkdir()
        if owner is not None:
            shutil.chown(data, owner, owner)
        as_owner = [] if owner is None else [f"--user={owner}"]
        subprocess.run(
            [
                self._install_db,
                "--no-defaults",
                *as_owner,
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
            timeout=DATABASE_LIMIT_S,
        )
        command: list[str | Path] = [
            self._mariadbd,
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={data / 'mariadb.sock'}",
            f"--pid-file={data / 'mariadb.pid'}",
            "--bind-address=127.0.0.1",
            f"--port={self._database_port}",
            "--skip-name-resolve",
        ]
        database = start_process(
            f"mariadb on {self._database_port}",
            command,
            log=self.folder / "mariadb.log",
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            cwd=Path("/"),
            owner=owner,
        )
        self._processes.append(database)

        def listens() -> bool:
            database.ensure_alive()
            return is_listening(self._database_port)

        wait_until(listens, DATABASE_LIMIT_S, lambda: f"mariadb answers\n{database.tail()}")

    def _make_site(self) -> None:
        site = self.folder / "site"
        shutil.copytree(PACKAGE, site)  # Debian's links to other packages become files
        shutil.copy(_HERE / "wp-config.php", site / "wp-config.php")

    def _start_php(self) -> None:
        command: list[str | Path] = [
            self._php,
            "-d",
            "display_errors=0",
            "-S",
            f"127.0.0.1:{self.port}",
            "-t",
            self.folder / "site",
            _HERE / "router.php",
        ]
        php = start_process(f"php on {self.port}", command, log=self.log, env=self._env, cwd=self.folder)
        self._processes.append(php)

        def answers() -> bool:
            php.ensure_alive()
            return is_listening(self.port)

        wait_until(answers, PHP_LIMIT_S, lambda: f"php answers\n{php.tail()}")

    def read_page(self, address: str) -> str:
        """Read a page of the site as its readers do, without any account."""
        with urllib.request.urlopen(address, timeout=30) as answer:
            return str(answer.read().decode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_owner() -> str | None:
    """Return the user that the database runs as: MariaDB refuses to run as root."""
    return "mysql" if os.geteuid() == 0 else None


def find_programs() -> tuple[str, str, str]:
    """Find PHP, MariaDB and the tool that makes its data folder.

    Raises:
        LookupError: WordPress or one of them is not installed.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    php, server, install = (shutil.which(name, path=path) for name in ("php", "mariadbd", "mariadb-install-db"))
    if php is None or server is None or install is None or not (PACKAGE / "wp-load.php").exists():
        raise LookupError("no WordPress found: run tools/ensure_program.py wordpress")
    return php, server, install
