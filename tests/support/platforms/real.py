"""A real server in the place of a double: honest requests reach it, planned faults happen in front of it.

So the family's suite runs against the real thing word by word, and each double can be held to what it showed.
"""

import http.client
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

import httpx2

from tests.support.ghost import GhostServer
from tests.support.pds import PdsServer
from tests.support.platforms.bluesky import BlueskyDouble
from tests.support.platforms.double import PlatformDouble, Post, Request, Wire
from tests.support.platforms.ghost import GhostDouble
from tests.support.platforms.wordpress import USERNAME, WordPressDouble
from tests.support.wordpress import WordPressServer

_LIMIT_S = 30
#: Headers of one connection, which the next one has of its own; what is forwarded is read here, so it is not compressed.
_OWN = frozenset({"host", "connection", "content-length", "accept-encoding"})


class RealPlatform(PlatformDouble):
    """Forwards each route of a double to the server at `target`, then looks what its readers see.

    A route that the double does not have is not forwarded: what an adapter asks for is in the double, too.
    """

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = urlsplit(target)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("answer_"):
            return lambda wire, request, *_: self._forward(wire, request)
        raise AttributeError(name)

    def look(self) -> tuple[dict[str, Post], dict[str, Post]]:
        """Return the posts that readers see, and the drafts."""
        raise NotImplementedError

    def _forward(self, wire: Wire, request: Request) -> None:
        connection = http.client.HTTPConnection(self._target.netloc, timeout=_LIMIT_S)
        path = quote(request.path) + (f"?{urlencode(request.query, doseq=True)}" if request.query else "")
        headers = {name: value for name, value in request.headers.items() if name not in _OWN}
        try:
            connection.request(request.method, path, body=request.body or None, headers=headers)
            answer = connection.getresponse()
            status, kind, body = answer.status, answer.getheader("Content-Type", ""), answer.read()
        finally:
            connection.close()
        with self.lock:
            self.posts, self.drafts = self.look()
        wire.send_json(status, body.decode(), {"Content-Type": kind, "Content-Length": str(len(body))})


class RealWordPress(RealPlatform):
    """A WordPress for one test: emptied first, with an application password of its own."""

    routes = WordPressDouble.routes
    commits: ClassVar[tuple[str, ...]] = WordPressDouble.commits
    check_route = WordPressDouble.check_route

    def __init__(self, server: WordPressServer, *, role: str = "editor") -> None:
        super().__init__(server.root)
        self._real = server
        self._admin = httpx2.Client(
            base_url=f"{server.root}/wp-json/wp/v2",
            auth=(USERNAME, server.application_password),
            timeout=_LIMIT_S,
            trust_env=False,
        )
        self._username = f"test-{role}"
        password = server.run_php("password.php", self._username, role).strip()
        self.credentials = {"server": self.root, "username": self._username, "application_password": password}
        self.secrets = (password,)  # type: ignore[misc]  # a double's are of its class, ours of this test
        self._empty()

    def revoke(self) -> None:
        """Take the application password away."""
        self._real.run_php("password.php", self._username, "revoke")

    def look(self) -> tuple[dict[str, Post], dict[str, Post]]:
        """Ask as an administrator."""
        found = self._list("posts", context="edit", status="publish,draft", orderby="id", order="asc")
        media = {one["id"]: one["alt_text"] for one in self._list("media", context="edit")}
        shown = {
            str(one["id"]): Post(
                id=str(one["id"]),
                text=f"{one['title']['raw']}\n{one['content']['raw']}",
                url=one["link"],
                raw={"status": one["status"], "content": one["content"]["raw"], "alt_texts": media},
            )
            for one in found
        }
        posts = {key: one for key, one in shown.items() if one.raw["status"] == "publish"}
        return posts, {key: one for key, one in shown.items() if key not in posts}

    def close(self) -> None:
        """Stop standing in front of it."""
        super().close()
        self._admin.close()

    def _empty(self) -> None:
        for kind, status in (("posts", "publish,draft,trash"), ("media", "inherit")):
            for one in self._list(kind, context="edit", status=status):
                self._admin.delete(f"/{kind}/{one['id']}", params={"force": "true"}).raise_for_status()

    def _list(self, kind: str, **query: str) -> list[dict[str, Any]]:
        found = self._admin.get(f"/{kind}", params={"per_page": "100", **query}).raise_for_status()
        listed: list[dict[str, Any]] = found.json()
        return listed


class RealGhost(RealPlatform):
    """A Ghost for one test: emptied first, with a custom integration of its own."""

    routes = GhostDouble.routes
    commits: ClassVar[tuple[str, ...]] = GhostDouble.commits
    check_route = GhostDouble.check_route

    def __init__(self, server: GhostServer) -> None:
        super().__init__(server.root)
        self._real = server
        self._integration_id, key = server.make_integration("A test")
        self.credentials = {"server": self.root, "admin_key": key}
        self.secrets = (key, key.partition(":")[2])  # type: ignore[misc]  # a double's are of its class, ours of this test
        server.delete_posts()

    def revoke(self) -> None:
        """Take the integration away."""
        self._real.delete_integration(self._integration_id)

    def look(self) -> tuple[dict[str, Post], dict[str, Post]]:
        """Ask as the owner."""
        shown = {
            one["id"]: Post(id=one["id"], text=f"{one['title']}\n{one['html']}", url=one["url"], raw=one)
            for one in self._real.list_posts()
        }
        posts = {key: one for key, one in shown.items() if one.raw["status"] == "published"}
        return posts, {key: one for key, one in shown.items() if one.raw["status"] == "draft"}


class RealBluesky(RealPlatform):
    """A PDS for one test: an account of its own, with an app password."""

    routes = BlueskyDouble.routes
    commits: ClassVar[tuple[str, ...]] = BlueskyDouble.commits
    check_route = BlueskyDouble.check_route

    def __init__(self, server: PdsServer) -> None:
        super().__init__(server.root)
        self.account = server.make_account()
        self.credentials = {
            "server": self.root,
            "identifier": self.account.handle,
            "app_password": self.account.app_password,
        }
        self.secrets = (self.account.app_password, "eyJ0eXAiOiJ")  # type: ignore[misc]  # of this test; tokens begin so

    def revoke(self) -> None:
        """Take the app password away. The server lets access tokens in for two more hours; here they are over."""
        super().revoke()
        self.account.revoke()

    def _forward(self, wire: Wire, request: Request) -> None:
        if self.is_revoked and request.path.split(".")[-1] not in ("createSession", "refreshSession", "describeServer"):
            wire.send_json(400, {"error": "ExpiredToken", "message": "Token has expired"})
            return
        super()._forward(wire, request)

    def look(self) -> tuple[dict[str, Post], dict[str, Post]]:
        """Ask as anybody may."""
        found = reversed(self.account.list_records())  # the newest come first
        return {one["uri"]: Post(one["uri"], one["value"]["text"], "", one["value"]) for one in found}, {}
