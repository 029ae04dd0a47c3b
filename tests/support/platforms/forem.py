"""A Forem as its source describes it (`app/models/article.rb`, `config/initializers/rack_attack.rb`)."""

import json
import re
import time
from typing import Any, Final
from urllib.parse import urlsplit

from tests.support.platforms.double import PlatformDouble, Post, Request, Wire

API_KEY: Final = "nd-test-forem-k3Vq8mXw2Rt"
_FRONT_MATTER: Final = re.compile(r"\A\s*---\s*\n(.*?)\n---", re.DOTALL)
_FIELDS: Final = (
    "title",
    "body_markdown",
    "published",
    "series",
    "main_image",
    "canonical_url",
    "description",
    "tags",
    "organization_id",
)


class ForemServer(PlatformDouble):
    """One member's articles. `write_period_s` is 1 s there; tests that are not about it need not wait for it."""

    routes = (
        ("user", "GET", "/api/users/me"),
        ("list", "GET", "/api/articles/me/all"),
        ("create", "POST", "/api/articles"),
        ("change", "PUT", r"/api/articles/(\d+)"),
    )
    commits = ("change",)
    check_route = "user"
    secrets = (API_KEY,)
    most_per_page = 1000

    def __init__(self, write_period_s: float = 0.0) -> None:
        super().__init__()
        self.write_period_s = write_period_s
        self.later_s = 0.0  # added to the clock: a test does not wait for five minutes
        self._wrote_at = -1e9
        self._last_id = 100

    def age(self, seconds: float) -> None:
        """Let time pass."""
        self.later_s += seconds

    def remove(self, post_id: str) -> None:
        """Delete an article, as its author can on the site."""
        self.posts.pop(post_id, None)
        self.drafts.pop(post_id, None)

    def write_articles(self, number: int, *, published: bool = True) -> None:
        """Add articles of the member's own."""
        for _ in range(number):
            self._save(self._new_id(), {"title": "Mine", "body_markdown": "Own words", "published": published}, 0.0)

    # ---------------------------------------------------------------- routes

    def answer_user(self, wire: Wire, request: Request) -> None:
        if self._lets_in(wire, request):
            wire.send_json(200, {"type_of": "user", "id": 7, "username": "nora", "name": "Nora"})

    def answer_list(self, wire: Wire, request: Request) -> None:
        if not self._lets_in(wire, request):
            return
        size = min(int(request.query["per_page"][0]), self.most_per_page)
        start = (int(request.query["page"][0]) - 1) * size
        newest = [*reversed(self.drafts.values()), *reversed(self.posts.values())]
        wire.send_json(200, [self._show(post, "mine") for post in newest[start : start + size]])

    def answer_create(self, wire: Wire, request: Request) -> None:
        self._write(wire, request, None)

    def answer_change(self, wire: Wire, request: Request, post_id: str) -> None:
        self._write(wire, request, post_id)

    # ---------------------------------------------------------------- rules

    def _lets_in(self, wire: Wire, request: Request) -> bool:
        if not request.headers.get("user-agent"):
            wire.send_json(403, "Forbidden Bots")
        elif self.is_revoked or request.headers.get("api-key") != API_KEY:
            wire.send_json(401, {"error": "unauthorized", "status": 401})
        elif request.headers.get("accept") != "application/vnd.forem.api-v1+json":
            wire.send_json(406, {"error": "not acceptable", "status": 406})
        else:
            return True
        return False

    def _write(self, wire: Wire, request: Request, post_id: str | None) -> None:
        with self.lock:
            if not self._lets_in(wire, request):
                return
            wait_s = self._wrote_at + self.write_period_s - self._now()
            if wait_s > 0:
                wire.send_json(429, "Retry later\n", {"Retry-After": f"{wait_s:.3f}"})
                return
            self._wrote_at = self._now()
            self._save_article(wire, request, post_id)

    def _save_article(self, wire: Wire, request: Request, post_id: str | None) -> None:
        given = request.json.get("article")
        if not isinstance(given, dict):
            wire.send_json(422, {"error": "param is missing or the value is empty: article", "status": 422})
            return
        old = self._find(post_id) if post_id else None
        if post_id and old is None:
            wire.send_json(404, {"error": "not found", "status": 404})
            return
        fields = {**(old.raw if old else {}), **{name: given[name] for name in _FIELDS if name in given}}
        self._read_front_matter(fields)
        complaint = self._complain(fields, old)
        if complaint:
            wire.send_json(422, {"error": complaint, "status": 422})
            return
        post = self._save(old.id if old else self._new_id(), fields, old.raw["created_at"] if old else self._now())
        wire.send_json(200 if old else 201, self._show(post, "one"))

    @staticmethod
    def _read_front_matter(fields: dict[str, Any]) -> None:
        found = _FRONT_MATTER.match(fields.get("body_markdown") or "")
        for line in found[1].splitlines() if found else ():
            name, _, value = line.partition(":")
            if name.strip() in _FIELDS:
                fields[name.strip()] = json.loads(value) if name.strip() == "published" else value.strip()

    def _complain(self, fields: dict[str, Any], old: Post | None) -> str:
        title, canonical, tags = fields.get("title") or "", fields.get("canonical_url"), fields.get("tags") or []
        others = [post for post in [*self.posts.values(), *self.drafts.values()] if old is None or post.id != old.id]
        recent = {post.raw["title"] for post in others if self._now() - post.raw["created_at"] < 300}
        public = {post.raw.get("canonical_url") for post in others if post.raw["published"]} - {None, ""}
        checks = (
            (not title, "Title can't be blank"),
            (len(title) > 128, "Title is too long (maximum is 128 characters)"),
            (len((fields.get("body_markdown") or "").encode()) > 800 * 1024, "Body markdown is too long."),
            (len(tags) > 4, "Tag list exceed the maximum of 4 tags"),
            (not all(tag.isalnum() for tag in tags), "Tag contains non-alphanumeric or prohibited unicode characters"),
            (any(len(tag) > 30 for tag in tags), "Tag is too long (maximum is 30 characters)"),
            (
                bool(canonical) and "." not in (urlsplit(canonical).hostname or ""),
                "Canonical url must be a valid URL",
            ),
            (
                bool(fields.get("published")) and canonical in public,
                "Canonical url has already been taken. Email someone@example.com for further details.",
            ),
            (old is None and title in recent, "Title has already been used in the last five minutes"),
        )
        return next((words for is_wrong, words in checks if is_wrong), "")

    # ---------------------------------------------------------------- what there is

    def _now(self) -> float:
        return time.monotonic() + self.later_s

    def _new_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    def _find(self, post_id: str) -> Post | None:
        return self.posts.get(post_id) or self.drafts.get(post_id)

    def _save(self, post_id: str, fields: dict[str, Any], created_at: float) -> Post:
        is_public = bool(fields.get("published"))
        slug = re.sub(r"\W+", "-", fields["title"].lower()) + ("" if is_public else "-temp-slug") + f"-{post_id}"
        raw = {**fields, "published": is_public, "created_at": created_at}
        post = Post(post_id, fields.get("body_markdown") or "", f"{self.root}/nora/{slug}", raw)
        home, other = (self.posts, self.drafts) if is_public else (self.drafts, self.posts)
        other.pop(post_id, None)
        home[post_id] = post
        return post

    @staticmethod
    def _show(post: Post, form: str) -> dict[str, Any]:
        shown = {
            "type_of": "article",
            "id": int(post.id),
            "title": post.raw["title"],
            "description": post.raw.get("description") or "",
            "url": post.url,
            "canonical_url": post.raw.get("canonical_url") or post.url,
            "cover_image": post.raw.get("main_image"),
            "body_markdown": post.text,
        }
        return {**shown, "published": post.raw["published"]} if form == "mine" else shown
