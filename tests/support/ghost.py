"""A private Ghost on a free loopback port, with SQLite and the Node that `tools/ensure_node_server.py` fetched."""

import os
import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.support.processes import (
    Process,
    find_free_port,
    make_folder,
    remove_folder,
    start_process,
)
from tools.ensure_node_server import GHOST, NODE

START_LIMIT_S = 90  # measured: 5 to 12 s, most of it the first migration of its database


class GhostServer:
    """A Ghost site of our own, set up, with a custom integration's Admin API key."""

    def __init__(self) -> None:
        self._node, self._package = find_programs()
        self.folder = make_folder("ghost")
        self.log = self.folder / "ghost.log"
        self.port = find_free_port()
        self._process: Process | None = None
        try:
            self._start()
            self.admin_key = self._set_up()
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
        return {"server": self.root, "admin_key": self.admin_key}

    def make_integration(self, name: str) -> tuple[str, str]:
        """Make another custom integration; return its id and its Admin API key."""
        made = self._owner.post(
            "/integrations/", params={"include": "api_keys"}, json={"integrations": [{"name": name}]}
        ).raise_for_status()
        found: dict[str, Any] = made.json()["integrations"][0]
        (key,) = (one["secret"] for one in found["api_keys"] if one["type"] == "admin")
        return found["id"], key

    def delete_integration(self, integration_id: str) -> None:
        """Take an integration away, and with it its key."""
        self._owner.delete(f"/integrations/{integration_id}/").raise_for_status()

    def list_posts(self) -> list[dict[str, Any]]:
        """List all posts with their HTML, the oldest first."""
        query = {"limit": "100", "formats": "html", "order": "created_at asc"}
        found: list[dict[str, Any]] = self._owner.get("/posts/", params=query).raise_for_status().json()["posts"]
        return found

    def delete_posts(self) -> None:
        """Take all posts away."""
        for one in self.list_posts():
            self._owner.delete(f"/posts/{one['id']}/").raise_for_status()

    def read_page(self, address: str) -> str:
        """Read a page of the site as its readers do, without any account."""
        return httpx2.get(address, timeout=30, trust_env=False).raise_for_status().text

    def close(self) -> None:
        """End the server and remove its folder; safe to repeat."""
        if self._process is not None:
            self._process.kill9()  # in good order it takes 4 s, and nothing of it is kept
            self._process = None
            self._owner.close()
        remove_folder(self.folder)

    def _start(self) -> None:
        shutil.copytree(self._package / "content", self.folder / "content")
        self._owner = httpx2.Client(
            base_url=f"{self.root}/ghost/api/admin", headers={"Origin": self.root}, timeout=30, trust_env=False
        )
        # Ghost finds itself by the folder that it is started in.
        command: list[str | Path] = [self._node, self._package / "index.js"]
        self._process = start_process(
            f"ghost on {self.port}", command, log=self.log, env=self._make_env(), cwd=self._package
        )
        self._process.wait_for_log("Ghost booted", START_LIMIT_S)

    def _make_env(self) -> dict[str, str]:
        return {
            "PATH": os.pathsep.join([str(self._node.parent), os.defpath]),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "NODE_ENV": "development",
            "url": self.root,
            "server__host": "127.0.0.1",
            "server__port": str(self.port),
            "database__client": "sqlite3",
            "database__connection__filename": str(self.folder / "ghost.db"),
            "database__useNullAsDefault": "true",
            "paths__contentPath": str(self.folder / "content"),
            "mail__transport": "Direct",
            "logging__transports": '["stdout"]',
            "security__staffDeviceVerification": "false",
            # Nothing leaves this machine.
            "privacy__useUpdateCheck": "false",
            "privacy__useGravatar": "false",
            "privacy__useRpcPing": "false",
        }

    def _set_up(self) -> str:
        password = secrets.token_urlsafe(20)
        owner = {"name": "Owner", "email": "owner@example.test", "password": password, "blogTitle": "A site for tests"}
        self._owner.post("/authentication/setup/", json={"setup": [owner]}).raise_for_status()
        login = {"username": owner["email"], "password": password}
        self._owner.post("/session/", json=login).raise_for_status()
        return self.make_integration("Nightdesk")[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_programs() -> tuple[Path, Path]:
    """Find Node and Ghost's folder.

    Raises:
        LookupError: they are not installed.
    """
    node = NODE.folder / "bin" / "node"
    if not node.exists() or not GHOST.folder.is_dir():
        raise LookupError("no Ghost found: run tools/ensure_node_server.py ghost")
    return node, GHOST.folder
