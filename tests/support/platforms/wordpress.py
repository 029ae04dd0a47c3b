"""A WordPress site's REST API, as far as posts need it, held to what WordPress 6.1.9 answered (docs/platforms/wordpress.md)."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Any, ClassVar, Final

from tests.support.platforms.double import PlatformDouble, Post, Request, Wire

USERNAME: Final = "editor"
#: As WordPress shows it to people, and takes it.
PASSWORD: Final = "test 0000 made 0000 upno 0000"
API: Final = "/wp-json/wp/v2"
_AUTHOR: Final = frozenset({"edit_posts", "publish_posts", "upload_files", "delete_posts"})
ROLES: Final[Mapping[str, frozenset[str]]] = {
    "editor": _AUTHOR | {"manage_categories"},
    "author": _AUTHOR,
    "contributor": frozenset({"edit_posts", "delete_posts"}),
    "subscriber": frozenset(),
}
_TITLE_BYTES: Final = 65_535
_VISIBLE: Final = frozenset({"publish"})
_BINNED: Final = "__trashed"


class Refusal(Exception):
    """What the site says instead of doing it."""

    def __init__(self, status: int, code: str, **data: Any) -> None:
        self.status = status
        self.body = {"code": code, "message": "Sorry.", "data": {"status": status, **data}}


class WordPressDouble(PlatformDouble):
    """A site with one user, whose `role` a test may change; without `has_permalinks` the API is found at `/?rest_route=`."""

    routes = (
        ("read_user", "GET", f"{API}/users/me"),
        ("list_categories", "GET", f"{API}/categories"),
        ("make_category", "POST", f"{API}/categories"),
        ("make_tag", "POST", f"{API}/tags"),
        ("list_media", "GET", f"{API}/media"),
        ("upload", "POST", f"{API}/media"),
        ("describe_upload", "POST", rf"{API}/media/(\d+)"),
        ("list_posts", "GET", f"{API}/posts"),
        ("make_post", "POST", f"{API}/posts"),
        ("read_post", "GET", rf"{API}/posts/(\d+)"),
        ("save_post", "POST", rf"{API}/posts/(\d+)"),
        ("bin_post", "DELETE", rf"{API}/posts/(\d+)"),
    )
    commits: ClassVar[tuple[str, ...]] = ("save_post",)
    check_route = "read_user"
    secrets: ClassVar[tuple[str, ...]] = (PASSWORD, base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode())

    def __init__(self) -> None:
        super().__init__()
        self.role = "editor"
        self.has_permalinks = True
        self.entries: dict[int, dict[str, Any]] = {}
        self.media: dict[int, dict[str, Any]] = {}
        self.tags: dict[int, str] = {}
        self.categories: dict[int, str] = {1: "Uncategorized"}
        self._last_id = 3  # a fresh site has a post, a page and a draft of a page

    @property
    def credentials(self) -> dict[str, str]:
        """What an account for this site is made of."""
        return {"server": self.root, "username": USERNAME, "application_password": PASSWORD}

    def answer(self, wire: Wire, request: Request) -> None:
        """Answer one request, by whichever way to the API this site has."""
        plain = request.query.get("rest_route", [""])[0]
        if not self.has_permalinks and request.path.startswith("/wp-json"):
            wire.send_json(404, "<!doctype html><title>Page not found</title>", {"Content-Type": "text/html"})
        else:
            super().answer(wire, replace(request, path=f"/wp-json{plain}") if plain else request)

    # ---------------------------------------------------------------- people and words

    def answer_read_user(self, wire: Wire, request: Request) -> None:
        """Say who asks, with what they may do where that is asked for."""
        user: dict[str, Any] = {"id": 1, "name": USERNAME}
        if request.query.get("context") == ["edit"]:
            user |= {"username": USERNAME, "capabilities": dict.fromkeys(ROLES[self.role], True)}
        self._answer(wire, request, lambda: user, refusal="rest_not_logged_in")

    def answer_list_categories(self, wire: Wire, request: Request) -> None:
        """List categories whose name has the words that are searched for."""
        words = request.query.get("search", [""])[0].casefold()
        found = [{"id": key, "name": escape(name)} for key, name in self.categories.items() if words in name.casefold()]
        self._answer(wire, request, lambda: found, is_public=True)

    def answer_make_category(self, wire: Wire, request: Request) -> None:
        """Make a category, for those who may."""
        self._answer(wire, request, lambda: self._make_term(self.categories, request, "manage_categories"), status=201)

    def answer_make_tag(self, wire: Wire, request: Request) -> None:
        """Make a tag; a name that is there is refused with its id."""
        self._answer(wire, request, lambda: self._make_term(self.tags, request, "edit_posts"), status=201)

    def _make_term(self, terms: dict[int, str], request: Request, capability: str) -> dict[str, Any]:
        self._need(capability, "rest_cannot_create")
        name = request.json["name"]
        for key, known in terms.items():
            if known.casefold() == name.casefold():
                raise Refusal(400, "term_exists", term_id=key)
        if len(name) > 200:
            raise Refusal(500, "db_insert_error")
        terms[max(terms, default=1) + 1] = name
        return {"id": max(terms), "name": escape(name)}

    # ---------------------------------------------------------------- files

    def answer_list_media(self, wire: Wire, request: Request) -> None:
        """List files by their slug."""
        slug = request.query["slug"][0]
        self._answer(wire, request, lambda: [one for one in self.media.values() if one["slug"] == slug], is_public=True)

    def answer_upload(self, wire: Wire, request: Request) -> None:
        """Take a file as the body of a request; a name that is taken gets a number."""
        self._answer(wire, request, lambda: self._upload(request), status=201)

    def _upload(self, request: Request) -> dict[str, Any]:
        self._need("upload_files", "rest_cannot_create")
        named = re.fullmatch(
            r'attachment; filename="([\w.-]+)\.(png|jpg|gif|webp)"', request.headers["content-disposition"]
        )
        if named is None or not request.body.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF")):
            raise Refusal(500, "rest_upload_sideload_error")
        slug = _make_unique(named[1], {one["slug"] for one in self.media.values()}, first=1)
        file_id = self._next_id()
        self.media[file_id] = {
            "id": file_id,
            "slug": slug,
            "alt_text": "",
            "source_url": f"{self.root}/wp-content/uploads/2026/11/{slug}.{named[2]}",
        }
        return self.media[file_id]

    def answer_describe_upload(self, wire: Wire, request: Request, file_id: str) -> None:
        """Set the alt text of a file."""

        def describe() -> dict[str, Any]:
            file = self.media[int(file_id)]
            file["alt_text"] = request.json["alt_text"]
            return file

        self._answer(wire, request, describe)

    # ---------------------------------------------------------------- posts

    def answer_list_posts(self, wire: Wire, request: Request) -> None:
        """List posts by their slug: drafts too where any status is asked for, the bin never."""
        slug = request.query["slug"][0]
        is_any = request.query.get("status") == ["any"]

        def find() -> list[dict[str, Any]]:
            if is_any and (not self._knows(request) or "edit_posts" not in ROLES[self.role]):
                raise Refusal(400, "rest_invalid_param", details={"status": {"code": "rest_forbidden_status"}})
            states = {"publish", "draft", "pending", "future", "private"} if is_any else _VISIBLE
            return [one for one in self.entries.values() if one["slug"] == slug and one["status"] in states]

        self._answer(wire, request, find, is_public=True)

    def answer_make_post(self, wire: Wire, request: Request) -> None:
        """Make a post, a draft unless something else is asked for."""

        def make() -> dict[str, Any]:
            self._need("edit_posts", "rest_cannot_create")
            post_id = self._next_id()
            made = {"id": post_id, "slug": "", "status": "draft", "title": "", "content": "", "excerpt": ""}
            self.entries[post_id] = made | {"tags": [], "categories": [1], "featured_media": 0}
            return self._save(post_id, request.json)

        self._answer(wire, request, make, status=201)

    def answer_read_post(self, wire: Wire, request: Request, post_id: str) -> None:
        """Give a post, whatever its state."""
        self._answer(wire, request, lambda: self._find(post_id), refusal="rest_forbidden_context")

    def answer_save_post(self, wire: Wire, request: Request, post_id: str) -> None:
        """Change a post, its state among the rest."""
        self._answer(
            wire, request, lambda: self._save(self._find(post_id)["id"], request.json), refusal="rest_cannot_edit"
        )

    def answer_bin_post(self, wire: Wire, request: Request, post_id: str) -> None:
        """Move a post to the bin, under another slug."""

        def bin_post() -> dict[str, Any]:
            post = self._find(post_id)
            if post["status"] == "trash":
                raise Refusal(410, "rest_already_trashed")
            return self._save(post["id"], {"status": "trash"})

        self._answer(wire, request, bin_post, refusal="rest_cannot_delete")

    def _find(self, post_id: str) -> dict[str, Any]:
        found = self.entries.get(int(post_id))
        if found is None:
            raise Refusal(404, "rest_post_invalid_id")
        return found

    def _save(self, post_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
        post = self.entries[post_id]
        status = changes.get("status", post["status"])
        if status == "publish":
            self._need("publish_posts", "rest_cannot_publish")
        if any(not isinstance(one, int) for field in ("tags", "categories") for one in changes.get(field, ())):
            raise Refusal(400, "rest_invalid_param")
        if len(changes.get("title", "").encode()) > _TITLE_BYTES:
            raise Refusal(500, "db_insert_error")
        post.update(changes)
        wanted = post["slug"].removesuffix(_BINNED)
        others = {one["slug"] for one in self.entries.values() if one is not post}
        post["slug"] = wanted + _BINNED if status == "trash" else _make_unique(wanted, others, first=2)
        post["link"] = f"{self.root}/{post['slug']}/" if status == "publish" else f"{self.root}/?p={post_id}"
        self._show()
        return post

    def _show(self) -> None:
        shown = {
            one["id"]: Post(id=str(one["id"]), text=f"{one['title']}\n{one['content']}", url=one["link"], raw=one)
            for one in self.entries.values()
        }
        self.posts = {str(key): one for key, one in shown.items() if one.raw["status"] in _VISIBLE}
        self.drafts = {str(key): one for key, one in shown.items() if one.raw["status"] == "draft"}

    # ---------------------------------------------------------------- answering

    def _answer(
        self,
        wire: Wire,
        request: Request,
        call: Callable[[], Any],
        *,
        status: int = 200,
        refusal: str = "rest_cannot_create",
        is_public: bool = False,
    ) -> None:
        try:
            with self.lock:
                if not is_public and not self._knows(request):
                    raise Refusal(401, refusal)
                body = _pick(call(), request)
        except Refusal as said:
            wire.send_json(said.status, said.body)
        else:
            wire.send_json(status, body)

    def _knows(self, request: Request) -> bool:
        login = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        return not self.is_revoked and request.headers.get("authorization") == f"Basic {login}"

    def _need(self, capability: str, code: str) -> None:
        if capability not in ROLES[self.role]:
            raise Refusal(403, code)

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _pick(found: Any, request: Request) -> Any:
    fields = request.query.get("_fields", [""])[0]
    if not fields:
        return found
    if isinstance(found, list):
        return [_pick(one, request) for one in found]
    return {name: found[name] for name in fields.split(",")}


def _make_unique(wanted: str, taken: set[str], *, first: int) -> str:
    number, made = first, wanted
    while made in taken and made:
        made, number = f"{wanted}-{number}", number + 1
    return made
