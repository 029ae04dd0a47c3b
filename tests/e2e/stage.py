"""A whole Nightdesk with its workers, and a prompt inside it at which a test asks for things."""

import contextlib
import json
import subprocess
import sys
import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from tests.support.nightdesk import SCRIPT_START, Installation, Worker
from tests.support.processes import wait_until
from tests.support.rows import FINISHED, Row

KINDS = ("tests.support.kinds", "tests.e2e.worker_kinds")
#: Reads one expression a line, answers with its value as JSON; what the processes print goes elsewhere.
PROMPT = (
    "import os, sys\nanswers = os.fdopen(os.dup(1), 'w'); os.dup2(2, 1)\n"
    + SCRIPT_START
    + """
import json, traceback
from uuid import UUID
from celery.result import AsyncResult
from nightdesk.engine import actions, queries
from nightdesk.engine.enqueue import enqueue, enqueue_named
from nightdesk.engine.models import Attempt, Job, Worker
from tests.e2e.worker_kinds import *
from tests.support.kinds import *
def describe(error):
    return {"code": error.code, "message": error.message, "type": error.type} if error else None
for line in sys.stdin:
    try:
        answer = {"value": eval(json.loads(line), globals())}
    except BaseException:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer, default=str), file=answers, flush=True)
"""
)


class PromptError(AssertionError):
    """What was asked for at the prompt raised; the text is its traceback."""


class Stage:
    """An installation with a prompt; everything ends with it."""

    def __init__(self, **arguments: Any) -> None:
        self.nightdesk = Installation(**{"extra_tasks": KINDS, **arguments})
        self._ending = contextlib.ExitStack()
        self._ending.callback(self.nightdesk.close)
        try:
            self.nightdesk.migrate()
            self._prompt = self._open_prompt()
        except BaseException:
            self._ending.close()
            raise

    def worker(self, name: str = "a", pool: str = "threads", slots: int = 4, **options: Any) -> Worker:
        """Start a worker and wait until it takes jobs."""
        return self.nightdesk.worker(name, pool=pool, concurrency=slots, **options).wait_ready()

    def ask(self, expression: str) -> Any:
        """Evaluate an expression inside the installation, as its web process would, and return its value.

        Raises:
            PromptError: it raised.
        """
        stdin, stdout = self._prompt.stdin, self._prompt.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(expression) + "\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        if "error" in answer:
            raise PromptError(answer["error"])
        return answer["value"]

    def enqueue(self, job: str, count: int = 1, **options: Any) -> list[str]:
        """Enqueue a job, written as in Python (`Nap(seconds=1)`), and return the ids."""
        said = "".join(f", {name}={value!r}" for name, value in options.items())
        ids: list[str] = self.ask(f"[str(enqueue({job}{said})) for _ in range({count})]")
        return ids

    def read(self, job_id: str, *columns: str) -> Row:
        """Read columns of a job's row."""
        (row,) = self.nightdesk.sql(f"SELECT {', '.join(columns)} FROM engine_job WHERE id = %s", [self.key(job_id)])
        return row

    def state(self, job_id: str) -> str:
        """Read where a job stands."""
        return str(self.read(job_id, "state")[0])

    def wait_for(self, job_id: str, *states: str, limit_s: float = 15) -> str:
        """Wait until a job stands in one of these states (by default: any final one) and return which."""
        wanted = states or tuple(FINISHED)
        wait_until(
            lambda: self.state(job_id) in wanted,
            limit_s,
            lambda: (
                f"{job_id} is {' or '.join(wanted)}: {self.read(job_id, 'state', 'runs', 'message')}\n{self.nightdesk.logs()}"
            ),
        )
        return self.state(job_id)

    def wait_for_all(self, job_ids: Sequence[str], *states: str, limit_s: float = 30) -> None:
        """Wait until each of these jobs stands in one of these states."""
        for job_id in job_ids:
            self.wait_for(job_id, *states, limit_s=limit_s)

    def error(self, job_id: str) -> dict[str, str]:
        """Read why a job did not succeed, as people are told."""
        found: dict[str, str] = self.ask(f"describe(queries.error_of(Job.objects.get(pk='{job_id}')))")
        return found

    def result(self, job_id: str) -> Any:
        """Read what a job returned."""
        return self.ask(f"queries.result_of(Job.objects.get(pk='{job_id}'))")

    def key(self, job_id: str) -> str:
        """Write an id as this installation's database stores it."""
        return uuid.UUID(job_id).hex if self.nightdesk.database == "sqlite" else job_id

    def changes(self, job_id: str) -> list[int]:
        """List the versions of which the live feed was told, in order."""
        rows = self.nightdesk.sql(
            "SELECT version FROM engine_jobchange WHERE job_id = %s ORDER BY seq", [self.key(job_id)]
        )
        return [version for (version,) in rows]

    def _open_prompt(self) -> "subprocess.Popen[str]":
        log = self._ending.enter_context((self.nightdesk.folder / "prompt.log").open("w"))
        prompt = subprocess.Popen(
            [sys.executable, "-c", PROMPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=self.nightdesk.env,
            cwd=self.nightdesk.folder,
        )
        self._ending.callback(end_prompt, prompt)
        return prompt

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()


def end_prompt(prompt: "subprocess.Popen[str]") -> None:
    """Close the prompt's input, by which it ends, and wait for that."""
    if prompt.stdin is not None:
        prompt.stdin.close()
    try:
        prompt.wait(10)
    except subprocess.TimeoutExpired:
        prompt.kill()
        prompt.wait(10)
    if prompt.stdout is not None:
        prompt.stdout.close()
