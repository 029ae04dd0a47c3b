"""One module a platform: its `CASE` says how the family's suite talks to its double."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import Connection, Content, Picture, Platform
from tests.support.platforms.double import PlatformDouble
from tests.support.vendor_server import paint

PICTURE = paint(40, 30)
ASSET_ID = "abcdefghijklmnopqrstuvwx"
COVER_ID = "zyxwvutsrqponmlkjihgfedc"
FILES = {ASSET_ID: PICTURE, COVER_ID: PICTURE}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A platform under test.

    `connect` returns credentials for a double (its address is `double.root`). `learned` as a check leaves it; where it is
    None the suite checks first. `over` makes content that breaks a limit, of the part it names.
    """

    platform: Platform
    double: Callable[[], PlatformDouble]
    connect: Callable[[Any], Mapping[str, str]]
    learned: Mapping[str, Any] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    over: tuple[str, Mapping[str, Any]] = ("body", {"body": "word " * 4_000, "excerpt": "", "is_body_meant": True})
    takes_pictures: bool = True
    #: Whether it takes the bytes of pictures; others fetch them from their public addresses.
    uploads_pictures: bool = True
    #: Whether it shows the words of pictures to those who do not see them.
    keeps_alt: bool = True
    #: Whether a check finds out that an account was revoked; some can only tell when something is posted.
    check_sees_revoked: bool = True
    #: Whether more than the status of an answer counts.
    reads_answers: bool = True
    find_text: Callable[[Any], str] = lambda post: post.text

    def connection(self, double: PlatformDouble, **changes: Any) -> Connection:
        """Return a connection to a double."""
        given = {"account_id": 7, "credentials": dict(self.connect(double)), "learned": self.learned or {}}
        return Connection(**{**given, "options": dict(self.options), **changes})

    def options_for(self, double: PlatformDouble, **changes: Any) -> PublishingOptions:
        """Return what the operator of the test has chosen: the double's address is private, and listed."""
        return PublishingOptions(
            **{"private_hosts": frozenset([double.root.removeprefix("http://")]), "timeout_s": 5.0, **changes}
        )


def picture(asset_id: str, alt: str = "Boats at dawn") -> Picture:
    """Describe one of the suite's pictures."""
    return Picture(
        asset_id=asset_id,
        alt=alt,
        content_type="image/png",
        width=40,
        height=30,
        size_bytes=len(PICTURE),
        sha256="0" * 64,
        public_url=f"https://desk.example.com/journal/pictures/{asset_id}/",
    )


def make_content(**changes: Any) -> Content:
    """Make a post for the suite: a few words, tags, a link, no pictures."""
    given: dict[str, Any] = {
        "title": "Boats at dawn",
        "body": "We went **out** early.\n\nThe [harbour](https://example.com/harbour) slept.",
        "excerpt": "An early start.",
        "tags": ("boats", "early"),
        "canonical_url": "https://example.com/boats",
    }
    return Content(**{**given, **changes})


def find_cases() -> list[Case]:
    """Return every platform's case, by the names of their modules."""
    names = sorted(module.name for module in iter_modules(__path__))
    return [import_module(f"{__name__}.{name}").CASE for name in names]
