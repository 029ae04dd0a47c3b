"""What the doubles of platforms share: they count what readers would see, and misbehave as a test plans it.

Faults are those of `tests.support.vendor_server`, used by `double.plan(route, fault, ...)`, with a few more below.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.support.text_server import Wire
from tests.support.vendor_server import Fault, Request, VendorServer, cut, hang, lose_answer, say, send_raw


@dataclass
class Post:
    """A post on a platform, as its readers see it. `raw` is what the platform keeps of it."""

    id: str
    text: str
    url: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


class PlatformDouble(VendorServer):
    """A platform. `posts` are visible, `drafts` are not; both by id, in the order in which they were made."""

    #: The routes by which a post becomes visible; with a draft step the last one.
    commits: ClassVar[tuple[str, ...]] = ()
    #: The route that a check of an account asks first.
    check_route: ClassVar[str] = ""
    #: The secrets that this double takes: none of them may appear in anything of ours.
    secrets: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.posts: dict[str, Post] = {}
        self.drafts: dict[str, Post] = {}
        self.is_revoked = False

    def revoke(self) -> None:
        """Let the account in no more."""
        self.is_revoked = True

    def count_commits(self) -> int:
        """Count the requests that make a post visible."""
        return sum(self.count(route) for route in self.commits)


def commit_then_drop(server: VendorServer, wire: Wire, request: Request) -> None:
    """Do what was asked for, then break the connection off without an answer."""
    lose_answer(server, wire, request)


def drop_before(_server: VendorServer, wire: Wire, _request: Request) -> None:
    """Break the connection off without doing anything."""
    wire.reset()


def throttle(retry_after_s: float, body: Any = None) -> Fault:
    """Ask for a pause."""
    return say(429, body or {"error": "slow down"}, Retry_After=f"{retry_after_s:g}")


def send_html(_server: VendorServer, wire: Wire, _request: Request) -> None:
    """Answer 200 with a page, as a proxy with a login or a captcha does."""
    send_raw(b"<!doctype html><title>Please wait</title>", "text/html")(_server, wire, _request)


def commit_then(status: int) -> Fault:
    """Do what was asked for, then say a status of a gateway that has lost its patience."""

    def answer(server: VendorServer, wire: Wire, request: Request) -> None:
        class Mute(Wire):
            def __init__(self) -> None:
                pass

            def send_json(self, *_: Any, **__: Any) -> None:
                pass

            def send_head(self, *_: Any, **__: Any) -> None:
                pass

            def send_bytes(self, _content: bytes) -> None:
                pass

        server.answer_honestly(Mute(), request)
        wire.send_json(status, "upstream timed out")

    return answer


__all__ = [
    "Fault",
    "PlatformDouble",
    "Post",
    "Request",
    "Wire",
    "commit_then",
    "commit_then_drop",
    "cut",
    "drop_before",
    "hang",
    "say",
    "send_html",
    "throttle",
]
