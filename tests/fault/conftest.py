"""Labs for the faults, and how the rescues of a run were distributed."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from tests.fault.head_start import HeadStart, Performed, find_wanted
from tests.fault.lab import EXTRA_TASKS, Lab, MakeLab
from tests.fault.stacks import Stack
from tests.support.nightdesk import MakeInstallation

REPORTS = pytest.StashKey[list[str]]()
BROKEN = pytest.StashKey[bool]()


@pytest.fixture
def make_lab(make_installation: MakeInstallation, report: Callable[[str], None], request: Any) -> MakeLab:
    """Make labs, each on a stack, with a database server of its own where `own_database` is set."""

    def make(stack: Stack, *, own_database: bool = False, extra_tasks: tuple[str, ...] = ()) -> Lab:
        servers: dict[str, Any] = {}
        if own_database and stack.database == "postgres":
            servers["postgres"] = request.getfixturevalue("private_postgres")
        nightdesk = make_installation(
            database=stack.database, broker=stack.broker, extra_tasks=(*EXTRA_TASKS, *extra_tasks), **servers
        )
        return Lab(nightdesk, stack, report)

    return make


@pytest.fixture
def performed(head_start: HeadStart, request: pytest.FixtureRequest, stack: Stack, jobs: int) -> Iterator[Performed]:
    """Give what became of the fault that this test `performs` on its stack; the logs are shown if it failed."""
    test = request.node.nodeid
    try:
        yield head_start.take(test)
    finally:
        head_start.close(test, show_logs=request.node.stash.get(BROKEN, True))


@pytest.fixture(scope="module")
def head_start(report: Callable[[str], None], request: pytest.FixtureRequest) -> Iterator[HeadStart]:
    """Begin the faults of this module's tests."""
    items = [item for item in request.session.items if item.path == request.path]
    wanted = [one for one in map(find_wanted, items) if one]
    postgres = request.getfixturevalue("postgres") if any(one.stack.database == "postgres" for one in wanted) else None
    start = HeadStart(wanted, postgres, report)
    yield start
    start.cancel()


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Take lines for the end of the run."""
    return request.config.stash.setdefault(REPORTS, []).append


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    outcome = yield
    if outcome.when == "call":
        item.stash[BROKEN] = outcome.failed
    return outcome


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reports = config.stash.get(REPORTS, [])
    if reports:
        terminalreporter.section("faults")
        for line in reports:
            terminalreporter.write_line(line)
