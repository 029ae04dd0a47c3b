"""A publishing desk from outside: an installation with accounts on doubles, and processes that are killed at a point."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.fault.gated_publishing import POINTS
from tests.support.nightdesk import Installation, MakeInstallation, Worker
from tests.support.platforms.double import PlatformDouble, Request, Wire
from tests.support.processes import wait_until

#: The point that no gate in the worker can name: the request has arrived, and its answer is on its way.
IN_CALL: Final = "in-the-call"
ALL_POINTS: Final = (*POINTS, IN_CALL)
#: A worker that died is missed after the lease of 15 s; the rest is for a machine that is busy with other tests.
PATIENCE_S: Final = 90.0

_CONNECT = """
import json, sys
from nightdesk.engine.sealing import seal
from nightdesk.publishing.models import Health, PlatformAccount
for platform, credentials, learned in json.loads(sys.argv[1]):
    account = PlatformAccount.objects.create(
        platform=platform, name=platform, sealed=seal(json.dumps(credentials)), learned=learned, health=Health.OK
    )
    print(account.pk)
"""
_PUBLISH = """
import json, sys
from nightdesk.publishing import services
from nightdesk.publishing.models import PublishedPost
accounts, titles = json.loads(sys.argv[1])
for title in titles:
    post = services.create_post(author_id=None, fields={"title": title, "body": f"This is {title}."})
    services.publish(post_id=post.pk, asked_by=None, account_ids=accounts)
print(json.dumps([[row.key, row.post.title, row.platform] for row in PublishedPost.objects.select_related("post").order_by("pk")]))
"""
_STATUSES = "SELECT key, status FROM publishing_publishedpost"


@dataclass(frozen=True)
class Sheet:
    """One publishing: its key, the title of its post, its platform."""

    key: str
    title: str
    platform: str


class Held:
    """A double whose commits stand still once they have happened, for some titles, until their caller is gone."""

    def __init__(self, double: PlatformDouble) -> None:
        self.double = double
        self.titles: set[str] = set()
        self.arrived: set[str] = set()
        self._lock = threading.Lock()
        self._answer = double.answer
        double.answer = self.answer  # type: ignore[method-assign]

    def answer(self, wire: Wire, request: Request) -> None:
        """Answer; where a title to hold has come out by that, say nothing before the caller is gone."""
        if request.method == "GET" or not self.titles:
            self._answer(wire, request)
            return
        with self._lock:  # one at a time: whose title has come out?
            before, said = self.titles_out(), Recorded()
            self._answer(said, request)
            held = set(self.titles_out() - before) & self.titles
            self.arrived |= held
        if held:
            wire.wait_gone()
        else:
            said.replay(wire)

    def titles_out(self) -> Counter[str]:
        """Count what readers see, by title."""
        return count_titles(self.double)


class Recorded(Wire):
    """Takes an answer and gives it to another wire, or to none."""

    def __init__(self) -> None:
        self._said: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("send_"):
            return super().__getattribute__(name)
        return lambda *args, **kwargs: self._said.append((name, args, kwargs))

    def replay(self, wire: Wire) -> None:
        for name, args, kwargs in self._said:
            getattr(wire, name)(*args, **kwargs)


def count_titles(double: PlatformDouble) -> Counter[str]:
    """Count what readers see, by the title that its text names."""
    found: Counter[str] = Counter()
    for post in list(double.posts.values()):
        whole = f"{post.text} {json.dumps(post.raw, default=str)}"
        if match := re.search(r"This is ([\w-]+)\.", whole):
            found[match[1]] += 1
    return found


class Press:
    """An installation that publishes to doubles. `sheets` are all of its publishings."""

    def __init__(self, nightdesk: Installation, cases: Sequence[Case], doubles: Sequence[PlatformDouble]) -> None:
        self.nightdesk = nightdesk
        self.platforms = [case.platform for case in cases]
        self.held = {case.platform: Held(double) for case, double in zip(cases, doubles, strict=True)}
        told = [
            (case.platform, dict(case.connect(double)), dict(_learn(case, double)))
            for case, double in zip(cases, doubles, strict=True)
        ]
        self.accounts = [int(line) for line in nightdesk.run_script(_CONNECT, json.dumps(told)).split()]
        self.sheets: list[Sheet] = []

    def publish(self, titles: Iterable[str]) -> list[Sheet]:
        """Publish a post of each title to all platforms; return the new publishings."""
        said = self.nightdesk.run_script(_PUBLISH, json.dumps([self.accounts, list(titles)]))
        before = {sheet.key for sheet in self.sheets}
        self.sheets = [Sheet(*row) for row in json.loads(said.splitlines()[-1])]
        return [sheet for sheet in self.sheets if sheet.key not in before]

    def close_gate(self, point: str, sheets: Iterable[Sheet]) -> None:
        """Let these publishings stand still at a point."""
        chosen = list(sheets)
        if point == IN_CALL:
            for sheet in chosen:
                self.held[Platform(sheet.platform)].titles.add(sheet.title)
            return
        (self.nightdesk.data_dir / f"gate-{point}").write_text("\n".join(sheet.key for sheet in chosen))

    def wait_held(self, count: int) -> None:
        """Wait until so many publishings stand at their points."""
        wait_until(lambda: self._count_held() >= count, PATIENCE_S, lambda: f"{self._count_held()} of {count} stand")

    def _count_held(self) -> int:
        return len(list(self.nightdesk.data_dir.glob("held-*"))) + sum(len(one.arrived) for one in self.held.values())

    def open_gates(self) -> None:
        """Let everybody pass from now on."""
        for held in self.held.values():
            held.titles.clear()
            held.arrived.clear()
        for file in [*self.nightdesk.data_dir.glob("gate-*"), *self.nightdesk.data_dir.glob("held-*")]:
            file.unlink()

    def start(self, name: str, slots: int) -> Worker:
        return self.nightdesk.worker(name, pool="threads", concurrency=slots).wait_ready()

    def wait_final(self) -> dict[str, str]:
        """Wait until nothing is on its way any more; return the status of each publishing by key."""

        def is_final() -> bool:
            return not {"pending", "processing"} & set(self.statuses().values())

        wait_until(is_final, PATIENCE_S, lambda: f"{Counter(self.statuses().values())}")
        return self.statuses()

    def ended(self) -> int:
        """Count the publishings that are not on their way any more."""
        return sum(status not in {"pending", "processing"} for status in self.statuses().values())

    def has_ended(self, count: int) -> bool:
        """Whether so many are not on their way any more."""
        return self.ended() >= count

    def statuses(self) -> dict[str, str]:
        return {str(key): str(status) for key, status in self.nightdesk.sql(_STATUSES)}

    def copies(self, platform: Platform) -> Counter[str]:
        """Count the posts that readers of a platform see, by title."""
        return count_titles(self.held[platform].double)


def _learn(case: Case, double: PlatformDouble) -> Any:
    if case.learned is not None:
        return case.learned
    from importlib import import_module

    from nightdesk.providers.publishing.registry import PUBLISHERS
    from tests.support.platforms.desk import RecordedDesk

    module, _, name = PUBLISHERS[case.platform].partition(":")
    publisher = getattr(import_module(module), name)(case.options_for(double))
    return publisher.check(case.connection(double), RecordedDesk()).learned


@contextmanager
def open_press(make_installation: MakeInstallation, *cases: Case, **settings: Any) -> Iterator[Press]:
    """Give a press for these platforms, each with a double of its own."""
    doubles = [case.double() for case in cases]
    try:
        hosts = ",".join(double.root.removeprefix("http://") for double in doubles)
        nightdesk = make_installation(
            **{"database": "sqlite", "broker": "files", **settings},
            extra_tasks=["tests.fault.gated_publishing"],
            settings={"NIGHTDESK_PRIVATE_HOSTS": hosts},
        )
        yield Press(nightdesk, cases, doubles)
    finally:
        for double in doubles:
            double.close()
