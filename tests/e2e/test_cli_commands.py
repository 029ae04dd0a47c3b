"""The other commands: status, tokens, links, workers, beat, Django's own; and that help costs nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.nightdesk import COMMAND_START, Installation
from tests.support.processes import wait_until

LOADED = """
import sys
from nightdesk.cli.main import cli
try:
    cli.main(sys.argv[1:], prog_name="nightdesk")
except SystemExit as end:
    assert end.code == 0
print(sorted({"django", "celery", "rich", "ninja", "uvicorn"} & sys.modules.keys()))
"""


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with Installation(extra_tasks=["tests.support.kinds"]) as made:
        made.migrate()
        yield made


def run(installation: Installation, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", COMMAND_START, *arguments]
    whole_env = {**installation.env, "COLUMNS": "200", **env}
    return subprocess.run(command, env=whole_env, cwd=installation.folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["job", "--help"], ["job", "show", "--help"], ["up", "--help"]]
)
def test_help_loads_nothing_heavy(installation: Installation, arguments: list[str]) -> None:
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, env=installation.env, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_names_every_command(installation: Installation) -> None:
    lines = run(installation, "--help").stdout.partition("Commands:")[2].splitlines()
    named = [line.split()[0] for line in lines if line.startswith("  ") and line.strip() and line[2] != " "]

    assert named == ["up", "web", "worker", "beat", "manage", "status", "job", "token", "sign-in-link"]


def test_unknown_command_is_refused_with_the_usage(installation: Installation) -> None:
    refused = run(installation, "fly")

    assert refused.returncode == 2
    assert "No such command 'fly'." in refused.stderr


def test_status_names_workers_queues_and_counts(installation: Installation) -> None:
    assert json.loads(run(installation, "status", "--format", "json").stdout) == {
        "workers": [],
        "queues": [],
        "jobs": {},
    }
    assert "No worker runs, so jobs wait. Start one: nightdesk worker" in run(installation, "status").stdout
    installation.run_script(
        "from tests.support.kinds import Noop\n"
        "from nightdesk.engine import actions\n"
        "from nightdesk.engine.enqueue import enqueue\n"
        "enqueue(Noop()); enqueue(Noop()); actions.pause_queue(queue='gpu')"
    )
    worker = installation.command(
        "worker", "--queues", "maintenance,publish", "--name", "evening", "--concurrency", "3"
    )
    worker.wait_for_log(" ready.", 60)

    status = json.loads(run(installation, "status", "--format", "json").stdout)
    assert status["jobs"] == {"waiting": 2}
    assert status["queues"] == [
        {"queue": "default", "waiting": 2, "running": 0, "paused": False},
        {"queue": "gpu", "waiting": 0, "running": 0, "paused": True},
    ]
    (shown,) = status["workers"]
    assert shown["worker"].startswith("evening@")
    assert (shown["pool"], shown["slots"], shown["queues"]) == ("thread", 3, ["maintenance", "publish"])
    table = run(installation, "status").stdout
    assert "Jobs: 2 waiting." in table
    assert "maintenance, publish" in table
    assert worker.stop() == 0


@pytest.mark.parametrize("pool", ["threads", "prefork", "solo"])
def test_worker_runs_jobs_on_each_pool(installation: Installation, pool: str) -> None:
    worker = installation.command("worker", "--pool", pool, "--concurrency", "1", "--", "-E")
    worker.wait_for_log(" ready.", 60)
    done_before = installation.states()["succeeded"]
    installation.run_script(
        "from tests.support.kinds import Noop\nfrom nightdesk.engine.enqueue import enqueue\nenqueue(Noop())"
    )
    wait_until(lambda: installation.states()["succeeded"] > done_before, 30, worker.tail)

    assert "task events: ON" in worker.printed()
    assert worker.stop() == 0


def test_beat_fires_schedules(installation: Installation) -> None:
    installation.run_script(
        "from django_celery_beat.models import IntervalSchedule, PeriodicTask\n"
        "every = IntervalSchedule.objects.create(every=1, period='seconds')\n"
        "PeriodicTask.objects.create(name='tick', task='tests.limited', interval=every)"
    )
    beat = installation.command("beat")
    count = "SELECT count(*) FROM engine_job WHERE kind = 'tests.limited'"
    wait_until(lambda: installation.sql(count)[0][0] >= 2, 30, beat.tail)

    assert beat.stop() == 0


@pytest.fixture(scope="module")
def owned() -> Iterator[Installation]:
    """Give an installation with its first owner and one other user."""
    with Installation() as made:
        made.migrate()
        made.run_script(
            "from nightdesk.accounts.services import create_user, ensure_owner\n"
            "ensure_owner(); create_user(email='ann@example.org')"
        )
        yield made


def test_token_create_prints_the_token_and_nothing_else(owned: Installation) -> None:
    made = run(owned, "token", "create", "--name", "script")
    other = run(owned, "token", "create", "--user", "Ann@Example.org")

    assert (made.returncode, made.stderr) == (0, "")
    assert len(made.stdout.splitlines()) == 1
    assert made.stdout.startswith("nd_")
    assert made.stdout != other.stdout
    rows = "SELECT t.name, u.email FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id ORDER BY t.id"
    assert owned.sql(rows) == [("script", "owner@localhost.localdomain"), ("command line", "ann@example.org")]


def test_sign_in_link_leads_to_the_address_in_the_settings(owned: Installation) -> None:
    made = run(owned, "sign-in-link", NIGHTDESK_BASE_URL="https://desk.example.org")

    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("https://desk.example.org/sign-in/")


@pytest.mark.parametrize("command", [["token", "create"], ["sign-in-link"]])
def test_user_that_is_not_there_ends_with_3(owned: Installation, command: list[str]) -> None:
    missing = run(owned, *command, "--user", "nobody@example.org")

    assert (missing.returncode, missing.stdout) == (3, "")
    assert missing.stderr == "nightdesk: There is no user with the address nobody@example.org. Check the spelling.\n"


def test_token_without_any_user_says_how_to_get_one(installation: Installation) -> None:
    missing = run(installation, "token", "create")

    assert (missing.returncode, missing.stdout) == (3, "")
    assert missing.stderr.startswith("nightdesk: There is no user yet. Start Nightdesk once with 'nightdesk up'")


def test_manage_passes_everything_on(installation: Installation) -> None:
    shown = run(installation, "manage", "showmigrations", "engine", "--plan")

    assert (shown.returncode, shown.stdout.splitlines()[0]) == (0, "[X]  engine.0001_initial")
    assert run(installation, "manage", "nonsense").returncode == 1


def test_data_dir_on_the_command_line_wins(installation: Installation) -> None:
    other = installation.folder / "other"
    empty = run(installation, "job", "list", "--data-dir", str(other), DATABASE_URL="")

    assert empty.returncode == 3
    assert "has no tables" in empty.stderr
    assert (other / "nightdesk.sqlite3").exists()


def test_wrong_setting_is_one_plain_line(installation: Installation) -> None:
    refused = run(installation, "status", NIGHTDESK_LOG_LEVEL="LOUD")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Nightdesk cannot start: NIGHTDESK_LOG_LEVEL must be one of ")
    assert refused.stderr.count("\n") == 1
