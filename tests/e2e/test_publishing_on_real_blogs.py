"""A post with two pictures, written here, is shown on a real WordPress and on a real Ghost: web, worker, adapter, site."""

import io
import json
import re
import urllib.request
from dataclasses import dataclass
from html import unescape
from typing import Any, Final, Protocol

import pytest
from PIL import Image

from tests.support.nightdesk import Installation, MakeInstallation
from tests.support.processes import wait_until
from tests.support.vendor_server import paint

pytestmark = pytest.mark.real_server

LIMIT_S: Final = 60
PUBLISH: Final = """
import sys
from nightdesk.publishing import services
post_id, account_id = map(int, sys.argv[1:])
wanted = services.publish(post_id=post_id, asked_by=None, account_ids=[account_id])
print(services.entries(round_id=wanted.pk)[0].task_id)
"""
SIZES: Final = {"cover": (640, 360), "inline": (320, 200)}


class Blog(Protocol):
    """A real server of the run."""

    @property
    def root(self) -> str: ...

    @property
    def credentials(self) -> dict[str, str]: ...

    def read_page(self, address: str) -> str: ...


@dataclass
class Caller:
    """A script of the installation's owner."""

    nightdesk: Installation
    address: str
    token: str

    def ask(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> Any:
        """Send JSON, or bytes as they are, and read the answer."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type, "Prefer": "wait=30"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
            return json.load(answer)

    def wait_until_ended(self, job_id: str) -> dict[str, Any]:
        """Wait for a job's end and say how it ended."""

        def look() -> dict[str, Any] | None:
            job: dict[str, Any] = self.ask("GET", f"/api/tasks/status/{job_id}")
            return job if job["ready"] else None

        found = wait_until(look, LIMIT_S, self.nightdesk.logs)
        assert found is not None
        return found


def open_desk(make_installation: MakeInstallation, blog: Blog) -> Caller:
    """Start web and worker; the blog's host is one that the operator lists."""
    host = blog.root.removeprefix("http://")
    nightdesk = make_installation(settings={"NIGHTDESK_PRIVATE_HOSTS": host})
    web = nightdesk.web()
    worker = nightdesk.worker(pool="threads", concurrency=4)
    nightdesk.run_script("from nightdesk.accounts.services import ensure_owner; ensure_owner()")
    token = nightdesk.run_command("token", "create").strip()
    web.wait_ready()
    worker.wait_ready()
    return Caller(nightdesk, web.url, token)


@pytest.mark.parametrize("platform", ["wordpress", "ghost"])
def test_post_with_two_pictures_is_shown_on_the_blog(
    platform: str, request: pytest.FixtureRequest, make_installation: MakeInstallation
) -> None:
    blog: Blog = request.getfixturevalue(platform)
    caller = open_desk(make_installation, blog)
    account = caller.ask(
        "POST", "/api/platform-accounts/", {"platform": platform, "name": "Our blog", "credentials": blog.credentials}
    )
    assert caller.wait_until_ended(account["check_task_id"])["successful"]
    assert caller.ask("GET", f"/api/platform-accounts/{account['id']}/")["health"] == "ok"

    pictures = {
        name: caller.ask("POST", "/api/v1/assets/", paint(*size), "image/png")["asset"]["id"]
        for name, size in SIZES.items()
    }
    post = caller.ask(
        "POST",
        "/api/posts/",
        {
            "title": f"Boats at dawn on {platform}",
            "body": f"We went **out** early.\n\n![The harbour](asset:{pictures['inline']})\n\nIt slept.",
            "excerpt": "An early start.",
            "tags": ["boats"],
            "cover": pictures["cover"],
            "cover_alt": "Boats",
        },
    )
    job_id = caller.nightdesk.run_script(PUBLISH, str(post["id"]), str(account["id"])).split()[-1]
    ended = caller.wait_until_ended(job_id)
    assert ended["successful"], ended
    (row,) = caller.nightdesk.sql("SELECT status, remote_url FROM publishing_publishedpost")
    assert row[0] == "success"

    page = blog.read_page(row[1])
    assert f"Boats at dawn on {platform}" in page
    assert "<strong>out</strong>" in page
    assert {shape_of(address) for address in find_pictures(page, blog.root)} >= {round(16 / 9, 1), round(320 / 200, 1)}


def find_pictures(page: str, root: str) -> set[str]:
    """Find the addresses of the uploaded pictures that a page shows."""
    sources = {unescape(one) for one in re.findall(r'<img[^>]*\ssrc="([^"]+)"', page)}
    ours = {one for one in sources if "nightdesk-" in one}
    return {one if one.startswith(root) else root + one for one in ours}


def shape_of(address: str) -> float:
    """Fetch a picture as a reader does, and say how much wider than high it is."""
    with urllib.request.urlopen(address, timeout=LIMIT_S) as answer:
        width, height = Image.open(io.BytesIO(answer.read())).size
    return round(width / height, 1)
