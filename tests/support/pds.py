"""A private Bluesky server (PDS) on a free loopback port, with the Node that `tools/ensure_node_server.py` fetched."""

import itertools
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from tests.support.processes import Process, find_free_port, make_folder, remove_folder, start_process
from tools.ensure_node_server import NODE, PDS

START_LIMIT_S = 60  # measured: 2 to 4 s
SCRIPT: Final = Path(__file__).with_name("pds.mjs")
COLLECTION: Final = "app.bsky.feed.post"
_APP_PASSWORD_NAME: Final = "Nightdesk"


@dataclass
class PdsAccount:
    """An account on the server, with an app password."""

    did: str
    handle: str
    app_password: str = field(repr=False)
    owner: httpx2.Client = field(repr=False)

    def list_records(self) -> list[dict[str, Any]]:
        """List the account's posts, the newest first, as anybody may."""
        query = {"repo": self.did, "collection": COLLECTION, "limit": "100"}
        found: list[dict[str, Any]] = self._get("com.atproto.repo.listRecords", query).json()["records"]
        return found

    def read_blob(self, cid: str) -> bytes:
        """Read a picture, as anybody may."""
        return self._get("com.atproto.sync.getBlob", {"did": self.did, "cid": cid}).content

    def revoke(self) -> None:
        """Revoke the app password."""
        self.owner.post("/com.atproto.server.revokeAppPassword", json={"name": _APP_PASSWORD_NAME}).raise_for_status()

    def _get(self, name: str, query: dict[str, str]) -> httpx2.Response:
        return self.owner.get(f"/{name}", params=query).raise_for_status()


class PdsServer:
    """A server of our own, and the directory in which its accounts stand. All of it is in memory."""

    def __init__(self) -> None:
        node = find_program()
        self.folder = make_folder("pds")
        self.log = self.folder / "pds.log"
        self.port = find_free_port()
        self._accounts: list[PdsAccount] = []
        self._numbers = itertools.count(1)
        self._process: Process | None = None
        try:
            # The package is found from the folder that the script is started in.
            ports = [str(find_free_port()), str(self.port)]
            command: list[str | Path] = [node, "--input-type=module", "--eval", SCRIPT.read_text(), *ports]
            environment = {"PATH": os.defpath, "HOME": str(self.folder), "TMPDIR": str(self.folder), "LANG": "C.UTF-8"}
            self._process = start_process(f"pds on {self.port}", command, log=self.log, env=environment, cwd=PDS)
            self._process.wait_for_log("ready", START_LIMIT_S)
        except BaseException:
            self.close()
            raise

    @property
    def root(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.port}"

    def make_account(self) -> PdsAccount:
        """Make another account with an app password."""
        owner = httpx2.Client(base_url=f"{self.root}/xrpc", timeout=30, trust_env=False)
        name = f"desk{next(self._numbers)}"
        wanted = {"email": f"{name}@example.test", "handle": f"{name}.test", "password": secrets.token_urlsafe(20)}
        made = owner.post("/com.atproto.server.createAccount", json=wanted).raise_for_status().json()
        owner.headers["Authorization"] = f"Bearer {made['accessJwt']}"
        answer = owner.post("/com.atproto.server.createAppPassword", json={"name": _APP_PASSWORD_NAME})
        password = answer.raise_for_status().json()["password"]
        account = PdsAccount(did=made["did"], handle=made["handle"], app_password=password, owner=owner)
        self._accounts.append(account)
        return account

    def close(self) -> None:
        """End the server and remove its folder; safe to repeat."""
        while self._accounts:
            self._accounts.pop().owner.close()
        if self._process is not None:
            self._process.kill9()  # nothing of it is kept
            self._process = None
        remove_folder(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_program() -> Path:
    """Find Node, and see that the server is there.

    Raises:
        LookupError: they are not installed.
    """
    node = NODE.folder / "bin" / "node"
    if not node.exists() or not PDS.is_dir():
        raise LookupError("no Bluesky server found: run tools/ensure_node_server.py pds")
    return node
