"""The doubles of WordPress and Ghost say what the real servers say (docs/platforms/): the same questions to both."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from nightdesk.providers.publishing.ghost.token import make_token
from tests.contract.publishing.cases import PICTURE
from tests.support.ghost import GhostServer
from tests.support.platforms import ghost as ghosts
from tests.support.platforms import wordpress as presses
from tests.support.platforms.double import PlatformDouble
from tests.support.platforms.ghost import GhostDouble
from tests.support.platforms.real import RealGhost, RealWordPress
from tests.support.platforms.wordpress import WordPressDouble
from tests.support.wordpress import WordPressServer

Says = tuple[int, str]
REAL = pytest.param("real", marks=pytest.mark.real_server)
UNKNOWN_ID = "f" * 24


def talk(site: PlatformDouble, api: str, **given: Any) -> httpx2.Client:
    return httpx2.Client(base_url=site.root + api, trust_env=False, timeout=30, **given)


# ---------------------------------------------------------------- WordPress


@pytest.fixture(params=["double", REAL])
def open_wordpress(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Any]]:
    """Give what opens a site for a user with a role."""
    opened: list[PlatformDouble] = []

    def open_site(role: str) -> Any:
        if request.param == "double":
            double = WordPressDouble()
            double.role = role
            opened.append(double)
        else:
            server: WordPressServer = request.getfixturevalue("wordpress")
            opened.append(RealWordPress(server, role=role))
        return opened[-1]

    yield open_site
    for site in opened:
        site.close()
        assert site.errors == []


def as_user(site: Any, password: str = "") -> httpx2.Client:
    given = site.credentials
    return talk(site, presses.API, auth=(given["username"], password or given["application_password"]))


def code(answer: httpx2.Response) -> Says:
    return answer.status_code, answer.json()["code"] if answer.is_error else ""


def test_wordpress_answers_a_wrong_password(open_wordpress: Callable[[str], Any]) -> None:
    site = open_wordpress("editor")
    post_id = as_user(site).post("/posts", json={"title": "a", "slug": "a"}).json()["id"]
    with as_user(site, "wrong") as caller:
        assert code(caller.get("/users/me", params={"context": "edit"})) == (401, "rest_not_logged_in")
        assert code(caller.get(f"/posts/{post_id}", params={"context": "edit"})) == (401, "rest_forbidden_context")
        assert code(caller.post("/posts", json={"title": "b"})) == (401, "rest_cannot_create")
        assert code(caller.post(f"/posts/{post_id}", json={"title": "b"})) == (401, "rest_cannot_edit")
        assert code(caller.delete(f"/posts/{post_id}")) == (401, "rest_cannot_delete")
        assert code(caller.post("/tags", json={"name": "b"})) == (401, "rest_cannot_create")
        asked = caller.get("/posts", params={"slug": "a", "status": "any", "context": "edit"})
        assert code(asked) == (400, "rest_invalid_param")
        assert asked.json()["data"]["details"]["status"]["code"] == "rest_forbidden_status"


@pytest.mark.parametrize(
    ("role", "category", "tag", "draft", "publish", "upload"),
    [
        ("editor", 201, 201, 201, 200, 201),
        ("author", 403, 201, 201, 200, 201),
        ("contributor", 403, 201, 201, 403, 403),
        ("subscriber", 403, 403, 403, None, 403),
    ],
)
def test_wordpress_lets_each_role_do_its_own(
    open_wordpress: Callable[[str], Any],
    role: str,
    category: int,
    tag: int,
    draft: int,
    publish: int | None,
    upload: int,
) -> None:
    with as_user(open_wordpress(role)) as caller:
        name = f"{role} {time.time_ns()}"
        assert caller.post("/categories", json={"name": name}).status_code == category
        assert caller.post("/tags", json={"name": name}).status_code == tag
        assert upload_file(caller, "boats.png").status_code == upload
        made = caller.post("/posts", json={"title": "a", "status": "draft"})
        assert made.status_code == draft
        if publish is not None:
            assert caller.post(f"/posts/{made.json()['id']}", json={"status": "publish"}).status_code == publish


def test_wordpress_knows_a_word_that_is_there(open_wordpress: Callable[[str], Any]) -> None:
    with as_user(open_wordpress("editor")) as caller:
        name = f"R&D {time.time_ns()}"
        for route in ("/tags", "/categories"):
            made = caller.post(route, json={"name": name})
            again = caller.post(route, json={"name": name.lower()})
            assert made.json()["name"] == name.replace("&", "&amp;")
            assert code(again) == (400, "term_exists")
            assert again.json()["data"]["term_id"] == made.json()["id"]


def test_wordpress_moves_a_post_from_draft_to_the_bin(open_wordpress: Callable[[str], Any]) -> None:
    few = {"context": "edit", "_fields": "status,slug"}
    any_boats = {"slug": "boats", "status": "any", "context": "edit", "_fields": "status,slug"}
    with as_user(open_wordpress("editor")) as caller:
        post_id = caller.post("/posts", json={"title": "a", "slug": "boats", "status": "draft"}).json()["id"]
        second = caller.post("/posts", json={"title": "b", "slug": "boats", "status": "draft"}).json()
        assert second["slug"] == "boats-2"
        assert caller.get("/posts", params=any_boats).json() == [{"status": "draft", "slug": "boats"}]

        for _ in range(2):
            out = caller.post(f"/posts/{post_id}", json={"status": "publish"})
            assert (out.json()["status"], out.json()["slug"]) == ("publish", "boats")
            assert out.json()["link"].endswith("/boats/")

        assert caller.delete(f"/posts/{post_id}").json()["status"] == "trash"
        assert caller.get(f"/posts/{post_id}", params=few).json() == {"status": "trash", "slug": "boats__trashed"}
        assert caller.get("/posts", params=any_boats).json() == []
        assert code(caller.delete(f"/posts/{post_id}")) == (410, "rest_already_trashed")
        for answer in (
            caller.get("/posts/999999", params=few),
            caller.post("/posts/999999", json={"status": "publish"}),
        ):
            assert code(answer) == (404, "rest_post_invalid_id")


def test_wordpress_takes_files_and_refuses_with_500(open_wordpress: Callable[[str], Any]) -> None:
    with as_user(open_wordpress("editor")) as caller:
        first, second = upload_file(caller, "harbour.png"), upload_file(caller, "harbour.png")
        assert [one.json()["slug"] for one in (first, second)] == ["harbour", "harbour-1"]
        found = caller.get("/media", params={"slug": "harbour", "_fields": "id,source_url"}).json()
        assert found == [{"id": first.json()["id"], "source_url": first.json()["source_url"]}]
        assert code(upload_file(caller, "harbour.png", b"no picture")) == (500, "rest_upload_sideload_error")
        assert code(caller.post("/posts", json={"title": "x" * 70_000})) == (500, "db_insert_error")
        assert code(caller.post("/tags", json={"name": "x" * 201})) == (500, "db_insert_error")
        assert code(caller.post("/posts", json={"title": "a", "tags": ["x"]})) == (400, "rest_invalid_param")


def upload_file(caller: httpx2.Client, name: str, data: bytes = PICTURE) -> httpx2.Response:
    headers = {"Content-Type": "image/png", "Content-Disposition": f'attachment; filename="{name}"'}
    return caller.post("/media", content=data, headers=headers)


@pytest.mark.real_server
def test_html_in_a_block_shows_as_it_was_written(wordpress: WordPressServer) -> None:
    """Why the adapter puts a block around it: WordPress makes <br> of line breaks in HTML that stands alone."""
    site = RealWordPress(wordpress, role="author")
    with as_user(site) as caller:
        html = "<p>one\ntwo</p>\n<pre><code>a\nb</code></pre>"
        shown = [
            caller.post("/posts", json={"title": "a", "content": content}).json()["content"]["rendered"].strip()
            for content in (html, f"<!-- wp:html -->\n{html}\n<!-- /wp:html -->")
        ]
    site.close()
    assert [one.partition("</p>")[0] for one in shown] == ["<p>one<br />\ntwo", "<p>one\ntwo"]
    assert shown[1] == html


# ---------------------------------------------------------------- Ghost


@pytest.fixture(params=["double", REAL])
def ghost_site(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "double":
        site: PlatformDouble = GhostDouble()
    else:
        server: GhostServer = request.getfixturevalue("ghost")
        site = RealGhost(server)
    with site:
        yield site
        assert site.errors == []


def as_key(site: Any, key: str = "", *, now_s: float | None = None) -> httpx2.Client:
    token = make_token(key or site.credentials["admin_key"], now_s=int(time.time() if now_s is None else now_s))
    return talk(site, ghosts.API, headers={"Authorization": f"Ghost {token}", "Accept-Version": "v6.0"})


def kind(answer: httpx2.Response) -> tuple[int, str, str | None]:
    said = answer.json()["errors"][0]
    return answer.status_code, said["type"], said["code"]


def test_ghost_answers_a_wrong_token(ghost_site: Any) -> None:
    key_id = ghost_site.credentials["admin_key"].partition(":")[0]
    unknown = (401, "UnauthorizedError", "UNKNOWN_ADMIN_API_KEY")
    invalid = (401, "UnauthorizedError", "INVALID_JWT")
    with talk(ghost_site, ghosts.API) as caller:
        assert kind(caller.get("/posts/")) == (403, "NoPermissionError", None)
        assert caller.get("/site/").json()["site"]["version"]
    for caller, says in (
        (as_key(ghost_site, "a" * 24 + ":" + "00" * 32), unknown),
        (as_key(ghost_site, f"{key_id}:" + "00" * 32), invalid),
        (as_key(ghost_site, now_s=time.time() - 400), invalid),
    ):
        with caller:
            assert kind(caller.get("/posts/", params={"limit": "1", "fields": "id"})) == says
    ghost_site.revoke()
    with as_key(ghost_site) as caller:
        assert kind(caller.get("/posts/", params={"limit": "1", "fields": "id"})) == unknown


def test_ghost_moves_a_post_from_draft_to_nothing(ghost_site: Any) -> None:
    draft = {"title": "a", "slug": "boats", "html": "<p>x</p>", "tags": [{"name": "Boats"}, {"name": "#nightdesk-k1"}]}
    marked = {"filter": "tag:hash-nightdesk-k1", "limit": "1", "order": "created_at asc", "fields": "id,status"}
    with as_key(ghost_site) as caller:
        made = caller.post("/posts/", params={"source": "html"}, json={"posts": [draft]}).json()["posts"][0]
        assert (made["status"], made["slug"]) == ("draft", "boats")
        second = caller.post("/posts/", params={"source": "html"}, json={"posts": [{"title": "a", "slug": "boats"}]})
        assert (second.status_code, second.json()["posts"][0]["slug"]) == (201, "boats-2")
        assert caller.get("/posts/", params=marked).json()["posts"] == [{"id": made["id"], "status": "draft"}]
        assert caller.get("/posts/", params={**marked, "filter": "tag:hash-nightdesk-k2"}).json()["posts"] == []

        path, out = f"/posts/{made['id']}/", {"status": "published"}
        assert kind(caller.put(path, json={"posts": [out]})) == (422, "ValidationError", None)
        stale = {**out, "updated_at": "2020-01-01T00:00:00.000Z"}
        assert kind(caller.put(path, json={"posts": [stale]})) == (409, "UpdateCollisionError", "UPDATE_COLLISION")
        for _ in range(2):  # again with the state of before: nothing would change, so nothing collides
            answer = caller.put(path, json={"posts": [{**out, "updated_at": made["updated_at"]}]})
            assert (answer.status_code, answer.json()["posts"][0]["status"]) == (200, "published")
            assert answer.json()["posts"][0]["url"].endswith("/boats/")

        assert caller.delete(path).status_code == 204
        present = [{**out, "updated_at": made["updated_at"]}]
        for answer in (caller.delete(path), caller.get(path), caller.put(path, json={"posts": present})):
            assert kind(answer) == (404, "NotFoundError", None)
        assert kind(caller.get(f"/posts/{UNKNOWN_ID}/")) == (404, "NotFoundError", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "x" * 256},
        {"custom_excerpt": "x" * 301},
        {"feature_image": "http://127.0.0.1/a.png", "feature_image_alt": "x" * 192},
        {"tags": [{"name": "x" * 192}]},
    ],
    ids=["title", "excerpt", "alt", "tag"],
)
def test_ghost_refuses_what_is_too_long(ghost_site: Any, changes: dict[str, Any]) -> None:
    with as_key(ghost_site) as caller:
        answer = caller.post("/posts/", params={"source": "html"}, json={"posts": [{"title": "a", **changes}]})
        assert kind(answer) == (422, "ValidationError", None)


def test_ghost_takes_pictures(ghost_site: Any) -> None:
    with as_key(ghost_site) as caller:
        form: dict[str, Any] = {"data": {"purpose": "image"}}
        name = f"boats-{time.time_ns()}"
        made = [
            caller.post("/images/upload/", files={"file": (f"{name}.png", PICTURE, "image/png")}, **form)
            for _ in range(2)
        ]
        assert [one.status_code for one in made] == [201, 201]
        endings = [one.json()["images"][0]["url"].rpartition("/")[2] for one in made]
        assert endings == [f"{name}.png", f"{name}-1.png"]
        text = caller.post("/images/upload/", files={"file": ("a.txt", b"no picture", "text/plain")}, **form)
        assert kind(text) == (415, "UnsupportedMediaTypeError", None)
        broken = caller.post("/images/upload/", files={"file": ("a.png", b"no picture", "image/png")}, **form)
        assert kind(broken) == (400, "BadRequestError", None)
