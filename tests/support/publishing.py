"""A platform for tests: a board that counts what its readers see, and that is as bad as a test says.

It speaks the protocol of adapters and nothing of HTTP: what is proven with it is ours, not an adapter's. Adapters have
their own suite, against doubles of their servers.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from nightdesk.core.errors import OutcomeUnknown
from nightdesk.engine import transitions
from nightdesk.engine.run import Run
from nightdesk.providers.publishing import registry
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import (
    Certainty,
    Complaint,
    Connection,
    Content,
    Count,
    Desk,
    Limit,
    NotThere,
    Order,
    Platform,
    PlatformInfo,
    Published,
    Rendering,
    Standing,
    Unit,
)

MOST_CHARS: Final = 500


@dataclass(frozen=True)
class Trouble:
    """What a call meets: it arrives or does not, and then this is raised instead of an answer."""

    raises: BaseException
    arrives: bool = False


class Board:
    """A platform whose posts are in memory. `troubles` are used up by calls, one each; then it is honest.

    With `Certainty.NONE` nobody can look, as with a chat; else `find` knows what is there.
    """

    def __init__(self, platform: Platform, *, certainty: Certainty, can_update: bool = True) -> None:
        self._info = PlatformInfo(
            platform=platform,
            title=platform.title(),
            credentials=(),
            certainty=certainty,
            can_update=can_update,
            can_delete=can_update,
        )
        self.posts: list[tuple[str, dict[str, Any]]] = []  # (key, payload), one for each that readers ever saw
        self.calls: list[str] = []
        self.troubles: list[Trouble] = []
        self.looks: list[Exception] = []  # what the next looks raise
        self.drafts = 0
        self.on_prepare: Callable[[], None] = lambda: None
        self.on_delete: Callable[[], None] = lambda: None

    @property
    def info(self) -> PlatformInfo:
        return self._info

    def check(self, connection: Connection, desk: Desk) -> Standing:
        return Standing(handle="board")

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        return (Limit(part="body", unit=Unit.CHARACTERS, most=MOST_CHARS),)

    def render(self, content: Content, connection: Connection) -> Rendering:
        used = len(content.body)
        said = "" if used else "There is nothing to publish. Write the body first."
        if used > MOST_CHARS:
            said = f"The body has {used} characters; {self._info.title} takes {MOST_CHARS}."
        return Rendering(
            payload={"title": content.title, "body": content.body},
            counts=(Count(part="body", unit=Unit.CHARACTERS, used=used, most=MOST_CHARS),),
            complaints=(Complaint(part="body", message=said),) if said else (),
        )

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        self.on_prepare()
        return {"draft": desk.keep("draft", self._make_draft)} if self._info.certainty is Certainty.DRAFT else {}

    def _make_draft(self) -> int:
        self.drafts += 1
        return self.drafts

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        self.calls.append("commit")
        with self._trouble() as arrives:
            if arrives:
                self._show(order)
        return self._published(order)

    @contextmanager
    def _trouble(self) -> Iterator[bool]:
        trouble = self.troubles.pop(0) if self.troubles else None
        yield trouble is None or trouble.arrives
        if trouble is not None:
            raise trouble.raises

    def _show(self, order: Order) -> None:
        self.posts.append((order.key, dict(order.payload)))

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        self.calls.append("find")
        if self.looks:
            raise self.looks.pop(0)
        if self._info.certainty is Certainty.NONE:
            raise OutcomeUnknown
        if order.key not in [key for key, _ in self.posts]:
            raise NotThere
        return self._published(order)

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        self.calls.append("update")
        with self._trouble():
            pass
        return replace(published, extra={"body": order.payload["body"]})

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        self.calls.append("delete")
        self.on_delete()

    def _published(self, order: Order) -> Published:
        name = self._info.platform
        return Published(id=order.key, url=f"https://{name}.example/{order.slug}", extra={"tag": 1})


_BOARDS: Final[dict[str, Board]] = {}


def __getattr__(name: str) -> Callable[[PublishingOptions], Board]:
    """Give the registry what makes an adapter: `board_<platform>`."""
    if name.removeprefix("board_") not in _BOARDS:
        raise AttributeError(name)
    return lambda _options: _BOARDS[name.removeprefix("board_")]


@contextmanager
def boards(*made: Board) -> Iterator[None]:
    """Let these boards be the platforms that they are named after, in this process."""
    before = dict(registry.PUBLISHERS)
    for board in made:
        _BOARDS[board.info.platform.name] = board
        registry.PUBLISHERS[board.info.platform] = f"{__name__}:board_{board.info.platform.name}"
    registry.find_publisher.cache_clear()
    try:
        yield
    finally:
        _BOARDS.clear()
        registry.PUBLISHERS.update(before)
        registry.find_publisher.cache_clear()


class Killed(BaseException):
    """Raised where a process would have died: nothing of the engine runs after it."""


class DyingRun(Run):
    """A run whose process dies at a named point."""

    point = ""

    def step(self, name: str, work: Any, **options: Any) -> Any:
        if self.point == "after the intent" and name.startswith("send:"):
            raise Killed
        value = super().step(name, work, **options)
        if self.point == "frozen" and name.startswith("begin:"):
            raise Killed
        if self.point == "at the door" and name.startswith("send:"):
            raise Killed
        return value

    def effect(self, key: str, call: Callable[[], Any], find: Callable[[], Any] | None = None) -> Any:
        if self.point == "before the intent":
            raise Killed
        if self.point == "after the answer":
            call = self._die_after(call)
        return super().effect(key, call, find)

    def _die_after(self, call: Callable[[], Any]) -> Callable[[], Any]:
        def answer_and_die() -> Any:
            call()
            raise Killed

        return answer_and_die

    def finish_with(self, save: Callable[[], Any]) -> Any:
        if self.point == "before the finish":
            raise Killed
        value = super().finish_with(save)
        if self.point == "after the finish":
            raise Killed
        return value


def rescue_all() -> list[UUID]:
    """Give back every job whose worker is gone."""
    lost = transitions.lost_with_workers(100)
    for one in lost:
        transitions.rescue(one, counts=False, suspect=False, why="Its worker went away.")
    return [one.id for one in lost]
