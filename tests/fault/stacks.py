"""The stacks on which the faults happen, and how many jobs each of them meets."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.nightdesk import Broker, Database

#: What a run of the tests takes, and what a soak takes.
FEW, MANY = 200, 1000


@dataclass(frozen=True)
class Stack:
    """One way to run Nightdesk: database, broker, pool and its slots."""

    database: Database
    broker: Broker
    pool: str
    slots: int

    @property
    def name(self) -> str:
        """As the table of faults calls it."""
        return f"{self.database}+{self.broker}/{self.pool}{self.slots}"

    @property
    def shared(self) -> bool:
        """Whether the jobs share one process with the worker itself."""
        return self.pool != "prefork"


STACKS = {
    stack.name: stack
    for stack in (
        Stack("postgres", "redis", "prefork", 2),
        Stack("postgres", "redis", "threads", 8),
        Stack("sqlite", "files", "prefork", 2),
        Stack("sqlite", "files", "threads", 8),
        Stack("postgres", "redis", "solo", 1),
        Stack("sqlite", "files", "solo", 1),
    )
}
ON_RABBITMQ = (Stack("postgres", "rabbitmq", "prefork", 2), Stack("postgres", "rabbitmq", "threads", 8))


def cases(*usual: str, most: str = "", rabbitmq: bool = False) -> Any:
    """Parametrise a test by `stack` and `jobs`: the usual stacks with few jobs, in a soak all of them with many.

    `most` is a word that every stack's name in a soak must hold: "redis", "prefork". With `rabbitmq` the test runs
    against a real one too, where other people's servers are asked for.

    Raises:
        KeyError: a usual stack that does not exist.
    """
    few = [pytest.param(STACKS[name], FEW, id=name) for name in usual]
    many = [
        pytest.param(stack, MANY, id=f"{name}-{MANY}", marks=pytest.mark.soak)
        for name, stack in STACKS.items()
        if most in name
    ]
    real = [pytest.param(stack, FEW, id=stack.name, marks=pytest.mark.real_server) for stack in ON_RABBITMQ]
    return pytest.mark.parametrize(("stack", "jobs"), few + many + real * rabbitmq)
