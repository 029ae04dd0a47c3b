"""A head start for faults that mostly wait for a lease to end: three at a time, while their tests ask for them in turn."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fault.lab import EXTRA_TASKS, Lab
from tests.fault.stacks import MANY, Stack
from tests.support.nightdesk import Installation
from tests.support.postgres import Postgres

Fault = Callable[[Lab, int], float]
AT_ONCE = 3


def performs(fault: Fault, *, own_database: bool = False) -> pytest.MarkDecorator:
    """Mark a test whose fault gets a head start; the fixture `performed` gives what became of it.

    Such tests are parametrised by `cases`. `own_database`: the fault may kill the database's server.
    """
    return pytest.mark.fault(fault, own_database=own_database)


def find_wanted(item: pytest.Item) -> "Wanted | None":
    """Read from a test what `performs` and `cases` say of it."""
    mark = next((mark for mark in item.iter_markers("fault") if mark.args), None)
    if mark is None or not isinstance(item, pytest.Function):
        return None
    parameters: dict[str, Any] = dict(item.callspec.params)
    return Wanted(item.nodeid, mark.args[0], parameters["stack"], parameters["jobs"], mark.kwargs["own_database"])


@dataclass(frozen=True)
class Wanted:
    """A fault to perform for the test of this name."""

    test: str
    fault: Fault
    stack: Stack
    jobs: int
    own_database: bool


@dataclass
class Performed:
    """A fault that has happened: its lab, and the seconds from the repair until all jobs were done."""

    lab: Lab
    took_s: float


class HeadStart:
    """Performs faults in background threads, in the order given; large ones one after the other."""

    def __init__(self, wanted: Sequence[Wanted], postgres: Postgres | None, report: Callable[[str], None]) -> None:
        self._postgres, self._report = postgres, report
        self._installations: dict[str, Installation] = {}
        threads = 1 if any(one.jobs >= MANY for one in wanted) else AT_ONCE
        self._executor = ThreadPoolExecutor(threads)
        self._futures: dict[str, Future[Performed]] = {
            one.test: self._executor.submit(self._perform, one) for one in wanted
        }

    def take(self, test: str) -> Performed:
        """Wait for the fault of this test; whatever went wrong in it is raised here."""
        return self._futures[test].result()

    def close(self, test: str, *, show_logs: bool) -> None:
        """End the installation of this test."""
        if installation := self._installations.pop(test, None):
            installation.close(show_logs=show_logs)

    def cancel(self) -> None:
        """Drop what was not begun and end what is left."""
        self._executor.shutdown(cancel_futures=True)
        for test in list(self._installations):
            self.close(test, show_logs=False)

    def _perform(self, wanted: Wanted) -> Performed:
        shared = self._postgres if wanted.stack.database == "postgres" and not wanted.own_database else None
        nightdesk = Installation(
            database=wanted.stack.database, broker=wanted.stack.broker, postgres=shared, extra_tasks=EXTRA_TASKS
        )
        self._installations[wanted.test] = nightdesk
        nightdesk.migrate()
        lab = Lab(nightdesk, wanted.stack, self._report)
        return Performed(lab, wanted.fault(lab, wanted.jobs))
