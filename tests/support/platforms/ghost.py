"""A Ghost site's Admin API, as far as posts need it, held to what Ghost 6.65.0 answered (docs/platforms/ghost.md)."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from tests.support.platforms.double import PlatformDouble, Post, Request, Wire

KEY_ID: Final = "0" * 20 + "7e57"
SECRET: Final = "7e57" * 16
API: Final = "/ghost/api/admin"
_MOST: Final = {"title": 255, "custom_excerpt": 300, "feature_image_alt": 191, "canonical_url": 2_000}
_ID: Final = "[0-9a-f]{24}"


class Refusal(Exception):
    """What the site says instead of doing it."""

    def __init__(self, status: int, kind: str, code: str | None = None) -> None:
        self.status = status
        self.body = {"errors": [{"message": "Sorry.", "context": None, "type": kind, "code": code}]}


class GhostDouble(PlatformDouble):
    """A site with one custom integration."""

    routes = (
        ("read_site", "GET", f"{API}/site/"),
        ("list_posts", "GET", f"{API}/posts/"),
        ("make_post", "POST", f"{API}/posts/"),
        ("read_post", "GET", f"{API}/posts/({_ID})/"),
        ("save_post", "PUT", f"{API}/posts/({_ID})/"),
        ("delete_post", "DELETE", f"{API}/posts/({_ID})/"),
        ("upload", "POST", f"{API}/images/upload/"),
    )
    commits: ClassVar[tuple[str, ...]] = ("save_post",)
    check_route = "read_site"
    secrets: ClassVar[tuple[str, ...]] = (SECRET, f"{KEY_ID}:{SECRET}")

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[str, dict[str, Any]] = {}
        self.images: list[str] = []
        self._moment = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)

    @property
    def credentials(self) -> dict[str, str]:
        """What an account for this site is made of."""
        return {"server": self.root, "admin_key": f"{KEY_ID}:{SECRET}"}

    def answer_read_site(self, wire: Wire, _request: Request) -> None:
        """Say what site this is; no key is needed."""
        wire.send_json(200, {"site": {"title": "A site for tests", "url": f"{self.root}/", "version": "6.65"}})

    def answer_list_posts(self, wire: Wire, request: Request) -> None:
        """List posts, drafts too, that bear a tag, the oldest first."""
        wanted = request.query.get("filter", [""])[0].removeprefix("tag:")

        def find() -> list[dict[str, Any]]:
            found = [one for one in self.entries.values() if not wanted or wanted in map(_slug_of, one["tags"])]
            return found[: int(request.query.get("limit", ["15"])[0])]

        self._answer(wire, request, find)

    def answer_make_post(self, wire: Wire, request: Request) -> None:
        """Make a post, a draft unless something else is asked for. An id of the caller's is ignored."""

        def make() -> list[dict[str, Any]]:
            (given,) = request.json["posts"]
            if "title" not in given:
                raise Refusal(422, "ValidationError")
            self._validate(given)
            post_id = f"{len(self.entries) + 1:024x}"
            taken = {one["slug"] for one in self.entries.values()}
            post = {
                "id": post_id,
                "status": "draft",
                "slug": _make_unique(given.get("slug", post_id), taken),
                "tags": [],
            }
            self.entries[post_id] = post
            ours = ("id", "slug")
            return [self._save(post, {name: value for name, value in given.items() if name not in ours}, request)]

        self._answer(wire, request, make, status=201)

    def answer_read_post(self, wire: Wire, request: Request, post_id: str) -> None:
        """Give a post, whatever its state."""
        self._answer(wire, request, lambda: [self._find(post_id)])

    def answer_save_post(self, wire: Wire, request: Request, post_id: str) -> None:
        """Change a post, if its caller knows its present state."""

        def save() -> list[dict[str, Any]]:
            (given,) = request.json["posts"]
            post = self._find(post_id)
            if "updated_at" not in given:
                raise Refusal(422, "ValidationError")
            self._validate(given)
            changes = {name: value for name, value in given.items() if name != "updated_at" and post.get(name) != value}
            if changes and given["updated_at"] != post["updated_at"]:
                raise Refusal(409, "UpdateCollisionError", "UPDATE_COLLISION")
            return [self._save(post, changes, request)]

        self._answer(wire, request, save)

    def answer_delete_post(self, wire: Wire, request: Request, post_id: str) -> None:
        """Delete a post; its tags stay."""

        def delete() -> list[dict[str, Any]]:
            del self.entries[self._find(post_id)["id"]]
            self._show()
            return []

        self._answer(wire, request, delete, status=204)

    def answer_upload(self, wire: Wire, request: Request) -> None:
        """Take a picture as a part of a form; a name that is taken gets a number."""

        def upload() -> list[dict[str, Any]]:
            named = re.search(rb'filename="([\w.-]+)\.png"', request.body)
            if named is None:
                raise Refusal(415, "UnsupportedMediaTypeError")
            if b"\r\n\r\n\x89PNG" not in request.body:
                raise Refusal(400, "BadRequestError")
            assert request.parts["purpose"] == [b"image"]
            name = _make_unique(named[1].decode(), set(self.images), first=1)
            self.images.append(name)
            return [{"url": f"{self.root}/content/images/2026/11/{name}.png", "ref": None}]

        self._answer(wire, request, upload, status=201, envelope="images")

    # ---------------------------------------------------------------- posts

    def _find(self, post_id: str) -> dict[str, Any]:
        found = self.entries.get(post_id)
        if found is None:
            raise Refusal(404, "NotFoundError")
        return found

    @staticmethod
    def _validate(given: Mapping[str, Any]) -> None:
        if any(len(given.get(name) or "") > most for name, most in _MOST.items()):
            raise Refusal(422, "ValidationError")
        if any(len(tag["name"]) > 191 for tag in given.get("tags", ())):
            raise Refusal(422, "ValidationError")

    def _save(self, post: dict[str, Any], changes: Mapping[str, Any], request: Request) -> dict[str, Any]:
        # Without `source=html` Ghost ignores the HTML that it is sent.
        is_html = request.query.get("source") == ["html"]
        post.update({name: value for name, value in changes.items() if is_html or name != "html"})
        self._moment += timedelta(seconds=1)
        post["updated_at"] = self._moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        is_out = post["status"] == "published"
        post["url"] = f"{self.root}/{post['slug']}/" if is_out else f"{self.root}/p/{post['id']}/"
        self._show()
        return post

    def _show(self) -> None:
        shown = {
            one["id"]: Post(id=one["id"], text=f"{one['title']}\n{one.get('html', '')}", url=one["url"], raw=one)
            for one in self.entries.values()
        }
        self.posts = {key: one for key, one in shown.items() if one.raw["status"] == "published"}
        self.drafts = {key: one for key, one in shown.items() if one.raw["status"] == "draft"}

    # ---------------------------------------------------------------- answering

    def _answer(
        self,
        wire: Wire,
        request: Request,
        call: Callable[[], list[dict[str, Any]]],
        *,
        status: int = 200,
        envelope: str = "posts",
    ) -> None:
        try:
            with self.lock:
                self._let_in(request)
                found = [_pick(one, request) for one in call()]
        except Refusal as said:
            wire.send_json(said.status, said.body)
        else:
            wire.send_json(status, {envelope: found} if status != 204 else "")

    def _let_in(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Ghost":
            raise Refusal(403, "NoPermissionError")
        head, claims, signature = (_decode(part) for part in token.split("."))
        if self.is_revoked or json.loads(head) != {"alg": "HS256", "typ": "JWT", "kid": KEY_ID}:
            raise Refusal(401, "UnauthorizedError", "UNKNOWN_ADMIN_API_KEY")
        signed = token.rpartition(".")[0].encode()
        right = hmac.new(bytes.fromhex(SECRET), signed, hashlib.sha256).digest()
        says = json.loads(claims)
        is_fresh = says["exp"] >= time.time() >= says["iat"] - 1 and says["exp"] - says["iat"] <= 300
        if not hmac.compare_digest(signature, right) or not is_fresh or says["aud"] != "/admin/":
            raise Refusal(401, "UnauthorizedError", "INVALID_JWT")


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _slug_of(tag: Mapping[str, str]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", tag["name"].lower().replace("#", "hash-", 1)).strip("-")


def _pick(found: dict[str, Any], request: Request) -> dict[str, Any]:
    fields = request.query.get("fields", [""])[0]
    return {name: found[name] for name in fields.split(",")} if fields else dict(found)


def _make_unique(wanted: str, taken: set[str], *, first: int = 2) -> str:
    number, made = first, wanted
    while made in taken:
        made, number = f"{wanted}-{number}", number + 1
    return made
