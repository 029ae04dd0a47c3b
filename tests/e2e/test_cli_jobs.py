"""`nightdesk job`: what people and scripts see, and the exit statuses that scripts branch on."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.nightdesk import COMMAND_START, Installation
from tests.support.processes import find_free_port, wait_until

ENQUEUE = """
import sys
from nightdesk.engine.enqueue import enqueue_named
import json
for line in sys.argv[1:]:
    kind, arguments = json.loads(line)
    print(enqueue_named(kind, [], arguments))
"""


class Desk:
    """An installation with a few job kinds, seen through the `nightdesk` command."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def run(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", COMMAND_START, *arguments]
        env = {**self.installation.env, "COLUMNS": "200", **env}
        cwd = self.installation.folder
        return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=60)

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--format", "json")
        return json.loads(done.stdout)

    def enqueue(self, *jobs: tuple[str, dict[str, Any]]) -> list[str]:
        return self.installation.run_script(ENQUEUE, *(json.dumps(job) for job in jobs)).split()

    def state(self, job_id: str) -> str:
        state: str = self.json("job", "show", job_id)["state"]
        return state


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Give a desk without a worker: its jobs stay as the test leaves them."""
    with Installation(extra_tasks=["tests.support.kinds"]) as installation:
        installation.migrate()
        yield Desk(installation)


@pytest.fixture(scope="module")
def busy_desk() -> Iterator[Desk]:
    """Give a desk with a worker."""
    with Installation(extra_tasks=["tests.support.kinds"]) as installation:
        installation.migrate()
        installation.worker("a", pool="threads", concurrency=4).wait_ready()
        yield Desk(installation)


def set_state(desk: Desk, job_id: str, state: str) -> None:
    """Put a waiting job into a final state that only a run could lead to."""
    desk.installation.sql(
        "UPDATE engine_job SET state = %s, place = NULL, finished_at = created_at WHERE id = %s",
        [state, job_id.replace("-", "")],
    )


def test_list_shows_the_newest_first_and_filters(desk: Desk) -> None:
    nap, noop = desk.enqueue(("tests.nap", {}), ("tests.noop", {}))
    set_state(desk, nap, "failed")

    assert [job["id"] for job in desk.json("job", "list", "--limit", "2")] == [noop, nap]
    assert [job["id"] for job in desk.json("job", "list", "--state", "failed", "--kind", "tests.nap")] == [nap]
    assert desk.json("job", "list", "--queue", "gpu") == []
    assert desk.run("job", "list", "--queue", "gpu").stdout == "No jobs.\n"
    table = desk.run("job", "list").stdout.splitlines()
    assert table[0].split() == ["id", "kind", "queue", "state", "done", "created", "message"]
    assert table[1].split()[:5] == [noop, "tests.noop", "default", "waiting", "0"]


def test_show_says_why_a_job_waits(desk: Desk) -> None:
    (job_id,) = desk.enqueue(("tests.noop", {"x": 3}))
    shown = desk.run("job", "show", job_id)

    facts = dict(line.split(maxsplit=1) for line in shown.stdout.splitlines())
    assert (shown.returncode, facts["id"], facts["state"]) == (0, job_id, "waiting")
    assert facts["kind"] == "tests.noop, queue default, priority 5"
    assert facts["waits"] == "No running worker serves its queue and knows its kind. Start one."
    assert facts["arguments"] == '{"x": 3}'


def test_show_hides_what_a_sensitive_job_carries(desk: Desk) -> None:
    (job_id,) = desk.enqueue(("tests.secret", {"word": "xyzzy"}))

    assert desk.json("job", "show", job_id)["arguments"] is None
    assert "xyzzy" not in desk.run("job", "show", job_id).stdout


def test_watch_ends_with_0_when_the_job_succeeds(busy_desk: Desk) -> None:
    (job_id,) = busy_desk.enqueue(("tests.polite", {"seconds": 4.0}))
    watched = busy_desk.run("job", "show", job_id, "--watch")

    lines = [line for line in watched.stdout.splitlines() if " % " in line.split("id ")[0]]
    assert (watched.returncode, watched.stderr) == (0, "")
    assert lines[-1].startswith("100 % succeeded")
    assert any("running: working" in line for line in lines)
    assert [line.split()[0] for line in lines] == sorted((line.split()[0] for line in lines), key=int)


def test_watch_ends_with_1_when_the_job_fails(busy_desk: Desk) -> None:
    (job_id,) = busy_desk.enqueue(("tests.flaky", {"good_on": 9, "how": "permanent"}))
    watched = busy_desk.run("job", "show", job_id, "--watch")

    facts = dict(line.split(maxsplit=1) for line in watched.stdout.splitlines() if not line.lstrip()[0].isdigit())
    assert watched.returncode == 1
    assert facts["state"].startswith("failed")
    assert facts["error"].endswith("trying again will not help. (permanent)")
    assert facts["next"] == f"To try again: nightdesk job retry {job_id}"


def test_watch_ends_with_2_when_the_job_is_cancelled(busy_desk: Desk) -> None:
    (job_id,) = busy_desk.enqueue(("tests.polite", {"seconds": 60}))
    wait_until(lambda: busy_desk.installation.states()["running"] == 1, 30, "the job runs")
    cancelled = busy_desk.run("job", "cancel", job_id)

    assert (cancelled.returncode, cancelled.stdout) == (0, f"{job_id}: runs; it was told to stop.\n")
    assert busy_desk.run("job", "show", job_id, "--watch").returncode == 2


def test_watch_as_json_prints_the_end_only(busy_desk: Desk) -> None:
    (job_id,) = busy_desk.enqueue(("tests.noop", {"x": 42}))
    watched = busy_desk.run("job", "show", job_id, "--watch", "--format", "json")

    shown = json.loads(watched.stdout)
    assert (watched.returncode, shown["state"], shown["result"], shown["progress"]) == (0, "succeeded", 42, 100)


def test_watch_that_takes_too_long_ends_with_4(desk: Desk) -> None:
    (job_id,) = desk.enqueue(("tests.noop", {}))
    watched = desk.run("job", "show", job_id, "--watch", "--timeout", "0.5")

    assert watched.returncode == 4
    assert watched.stderr == f"nightdesk: {job_id} is not finished after 0.5 s. It goes on.\n"


def test_watch_in_a_terminal_draws_a_bar(busy_desk: Desk) -> None:
    (job_id,) = busy_desk.enqueue(("tests.polite", {"seconds": 1}))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", COMMAND_START, "job", "show", job_id, "--watch"]
    env = {**busy_desk.installation.env, "TERM": "xterm-256color", "COLUMNS": "150"}
    watching = subprocess.Popen(command, env=env, cwd=busy_desk.installation.folder, stdout=theirs, stderr=theirs)
    os.close(theirs)
    drawn = read_terminal(ours)

    assert watching.wait(60) == 0
    assert "━" in drawn
    assert "100 %" in drawn
    assert "tests.polite" in drawn


def read_terminal(terminal: int) -> str:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that the other side was closed
            part = b""
        if not part:
            os.close(terminal)
            return b"".join(parts).decode()
        parts.append(part)


def test_retry_sends_a_failed_job_back(desk: Desk) -> None:
    (job_id,) = desk.enqueue(("tests.noop", {}))
    set_state(desk, job_id, "failed")
    failed = desk.run("job", "show", job_id).returncode
    retried = desk.run("job", "retry", job_id)

    assert (failed, retried.returncode, desk.state(job_id)) == (1, 0, "waiting")
    assert retried.stdout == f"{job_id} waits to run again. Follow it: nightdesk job show {job_id} --watch\n"


def test_retry_of_an_unfinished_job_is_refused(desk: Desk) -> None:
    (job_id,) = desk.enqueue(("tests.noop", {}))
    refused = desk.run("job", "retry", job_id)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "nightdesk: This job is not finished, so there is nothing to try again.\n"


def test_retry_of_an_unknown_outcome_wants_a_confirmation(desk: Desk) -> None:
    (job_id,) = desk.enqueue(("tests.noop", {}))
    set_state(desk, job_id, "unknown")
    refused = desk.run("job", "retry", job_id)
    state_then = desk.state(job_id)
    confirmed = desk.run("job", "retry", job_id, "--confirm-not-done")

    assert (refused.returncode, state_then) == (1, "unknown")
    assert refused.stderr.endswith("if it was not, say so with --confirm-not-done.\n")
    assert (confirmed.returncode, desk.state(job_id)) == (0, "waiting")


def test_cancel_takes_several_jobs_and_says_what_became_of_each(desk: Desk) -> None:
    waiting, done = desk.enqueue(("tests.noop", {}), ("tests.noop", {}))
    set_state(desk, done, "succeeded")
    cancelled = desk.run("job", "cancel", waiting, done)

    assert cancelled.returncode == 0
    assert cancelled.stdout.splitlines() == [f"{waiting}: cancelled.", f"{done}: had ended before."]
    assert (desk.state(waiting), desk.state(done)) == ("cancelled", "succeeded")
    assert desk.run("job", "show", waiting).returncode == 2


def test_cancel_with_one_misspelt_id_cancels_nothing(desk: Desk) -> None:
    (job_id,) = desk.enqueue(("tests.noop", {}))
    refused = desk.run("job", "cancel", job_id, "ffffffff")

    assert (refused.returncode, desk.state(job_id)) == (3, "waiting")


def test_cancel_of_a_queue_empties_it(make_installation: Callable[..., Installation]) -> None:
    desk = Desk(make_installation(extra_tasks=["tests.support.kinds"]))
    desk.enqueue(*[("tests.noop", {})] * 3)
    cancelled = desk.run("job", "cancel", "--queue", "default")

    assert cancelled.stdout == "3 waiting jobs of queue default cancelled.\n"
    assert desk.installation.states() == {"cancelled": 3}


@pytest.mark.parametrize("arguments", [[], ["abc", "--queue", "default"]])
def test_cancel_wants_jobs_or_a_queue(desk: Desk, arguments: list[str]) -> None:
    refused = desk.run("job", "cancel", *arguments)

    assert refused.returncode == 2
    assert "Name the jobs to cancel, or a queue with --queue." in refused.stderr


def test_id_may_be_shortened_while_it_is_unique(desk: Desk) -> None:
    first, second = desk.enqueue(("tests.noop", {}), ("tests.noop", {}))
    common = first[: next(place for place, (a, b) in enumerate(zip(first, second, strict=True)) if a != b)]
    ambiguous = desk.run("job", "show", common)

    assert desk.json("job", "show", first[: len(common) + 1].upper())["id"] == first
    assert ambiguous.returncode == 1
    assert ambiguous.stderr.startswith(f"nightdesk: Several jobs begin with {common}: ")
    assert first in ambiguous.stderr
    assert ambiguous.stderr.endswith("Write more of the id.\n")


@pytest.mark.parametrize("command", [["show"], ["retry"], ["cancel"]])
def test_job_that_is_not_there_ends_with_3(desk: Desk, command: list[str]) -> None:
    missing = desk.run("job", *command, "00000000-0000-7000-8000-000000000000")

    assert (missing.returncode, missing.stdout) == (3, "")
    assert missing.stderr.startswith("nightdesk: There is no job 00000000-0000-7000-8000-000000000000.")


@pytest.mark.parametrize("job_id", ["xyz", "-", "g" * 32, "a" * 33, "' OR 1=1"])
def test_what_is_no_id_is_refused(desk: Desk, job_id: str) -> None:
    refused = desk.run("job", "show", "--", job_id)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"nightdesk: {job_id} is no job id. Ids are shown by: nightdesk job list\n"


def test_database_that_is_away_ends_with_3(desk: Desk) -> None:
    port = find_free_port()
    away = desk.run("job", "list", DATABASE_URL=f"postgres://nobody:hidden-word@127.0.0.1:{port}/nightdesk")

    assert (away.returncode, away.stdout) == (3, "")
    assert away.stderr.startswith("nightdesk: The database cannot be reached (")
    assert away.stderr.endswith("Check that it runs and that DATABASE_URL is right.\n")
    assert away.stderr.count("\n") == 1
    assert "hidden-word" not in away.stderr


def test_database_without_tables_says_how_to_make_them(desk: Desk) -> None:
    empty = desk.run("job", "list", DATABASE_URL=f"sqlite:///{desk.installation.folder / 'empty.sqlite3'}")

    assert (empty.returncode, empty.stdout) == (3, "")
    assert empty.stderr == (
        "nightdesk: The database has no tables of this version yet. Run 'nightdesk manage migrate', or 'nightdesk up'.\n"
    )
