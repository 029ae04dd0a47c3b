"""The run that an adapter works for, as a test sees it: it remembers what was kept, and stops at a chosen moment."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nightdesk.providers.publishing.protocol import PictureGone
from tests.support.works import Stopped


@dataclass
class RecordedDesk:
    """A desk. `kept` outlives a run: hand it to the next desk. `stop_when` is asked at each look."""

    files: dict[str, bytes] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    stop_when: Callable[["RecordedDesk"], bool] = lambda _: False
    left_s: float | None = None
    looks: int = 0
    messages: list[str] = field(default_factory=list)

    def progress(self, percent: int, message: str) -> None:
        assert 0 <= percent <= 100
        self.messages.append(message)
        self.check()

    def check(self) -> None:
        self.looks += 1
        if self.stop_when(self):
            raise Stopped

    def time_left_s(self) -> float | None:
        return self.left_s

    def keep(self, name: str, call: Callable[[], Any]) -> Any:
        if name not in self.kept:
            self.kept[name] = json.loads(json.dumps(call(), allow_nan=False))
        return self.kept[name]

    def read_picture(self, asset_id: str) -> bytes:
        try:
            return self.files[asset_id]
        except KeyError:
            raise PictureGone from None
