"""`nightdesk up`: from an empty folder to a finished job, and what it does when things die."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import psutil
import pytest

from tests.support.nightdesk import COMMAND_START, Installation
from tests.support.processes import Process, find_free_port, wait_until

LINK = re.compile(r"http://localhost:\d+/sign-in/\S+")
MOST_MEMORY_MIB = 600
#: The children of `up`, each with a word of its command line that no other has.
CHILDREN = {"web": "web", "worker": "cpu,gpu", "cpu": "cpu", "beat": "beat"}


class Up:
    """A data folder of its own, with `nightdesk up` run on it as often as the test wants."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.port = find_free_port()
        self.address = f"http://localhost:{self.port}"

    def start(self, *arguments: str) -> Process:
        return self.installation.command("up", "--port", str(self.port), *arguments)

    def run(self, *arguments: str, limit_s: float = 60) -> "subprocess.CompletedProcess[str]":
        """Run another `nightdesk` command on the same folder."""
        command = [sys.executable, "-c", COMMAND_START, *arguments]
        env, cwd = self.installation.env, self.installation.folder
        return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=limit_s)

    def wait_greeting(self, up: Process) -> str:
        up.wait_for_log("To stop: Ctrl-C", 60)
        return up.printed()

    def wait_worker(self, up: Process, nth: int = 1) -> None:
        wait_until(lambda: len(re.findall(r"worker-\d+@\S+ ready", up.printed())) >= nth, 60, up.tail)

    def run_campaign(self) -> str:
        """Create a campaign over HTTP, as a script would, and follow its job to the end."""
        token = self.run("token", "create").stdout.strip()
        body = json.dumps({"name": "Spring", "brief": "Bicycles for people who commute.", "channels": ["x"]}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/api/campaigns/", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            job_id: str = json.load(answer)["task_id"]
        watched = self.run("job", "show", job_id, "--watch", "--timeout", "60", "--format", "json")
        assert watched.returncode == 0, watched.stderr
        state: str = json.loads(watched.stdout)["state"]
        return state


@pytest.fixture
def up() -> Iterator[Up]:
    with Installation() as installation:  # not migrated: an empty folder
        yield Up(installation)


def sign_in(link: str) -> str:
    """Open a sign-in link, press its button, and say where that leads."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(link, timeout=30) as page:
        field = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert field is not None
    with browser.open(link, urllib.parse.urlencode({"csrfmiddlewaretoken": field[1]}).encode(), timeout=30) as page:
        url: str = page.url
        return url


def find_child(up: Process, option: str) -> psutil.Process:
    """Find the child that was started with this word."""

    def find() -> psutil.Process | None:
        children = psutil.Process(up.pid).children()
        return next((child for child in children if option in _command_line(child)), None)

    found = wait_until(find, 30, f"{option} runs")
    assert found is not None
    return found


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_up_in_an_empty_folder_leads_to_a_finished_campaign(up: Up) -> None:
    running = up.start()
    link = LINK.search(up.wait_greeting(running))
    assert link is not None
    assert sign_in(link[0]) == f"{up.address}/"

    assert up.run_campaign() == "succeeded"
    memory = sum(member.memory_full_info().pss for member in running.members()) / 2**20
    assert memory < MOST_MEMORY_MIB
    assert running.stop() == 0
    assert running.members() == []


def test_pixels_have_processes_of_their_own_and_everything_else_has_threads(up: Up) -> None:
    running = up.start()
    up.wait_greeting(running)
    up.wait_worker(running)
    wait_until(lambda: re.search(r" event=\"cpu@\S+ ready", running.printed()), 60, running.tail)

    workers = json.loads(up.run("status", "--format", "json").stdout)["workers"]
    served = {worker["pool"]: sorted(worker["queues"]) for worker in workers}
    assert served == {
        "prefork": ["cpu"],
        "thread": ["ai_generation", "data_fetch", "default", "maintenance", "publish"],
    }


def test_second_start_keeps_what_was_there_and_makes_no_new_owner(up: Up) -> None:
    first = up.start()
    up.wait_greeting(first)
    up.run_campaign()
    first.stop()
    second = up.start()
    greeting = up.wait_greeting(second)

    assert f"Nightdesk runs at {up.address}/" in greeting
    assert LINK.search(greeting) is None
    assert "For another link: nightdesk sign-in-link" in greeting
    assert [job["state"] for job in json.loads(up.run("job", "list", "--format", "json").stdout)] == ["succeeded"]
    assert up.run("sign-in-link").stdout.startswith(f"{up.address}/sign-in/")


def test_up_refuses_a_folder_that_another_one_runs_on(up: Up) -> None:
    running = up.start()
    up.wait_greeting(running)
    refused = up.run("up", "--port", str(find_free_port()))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"nightdesk: Nightdesk already runs on {up.installation.data_dir} (process {running.pid}, {up.address}). "
        "Stop it, or use another --data-dir.\n"
    )
    assert running.alive


def test_up_refuses_a_port_that_is_taken(up: Up) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", up.port))
        taken.listen()
        refused = up.run("up", "--port", str(up.port))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"nightdesk: Port {up.port} of 127.0.0.1 cannot be used (Address already in use). Stop what listens there, "
        f"or choose another: nightdesk up --port {up.port + 1}\n"
    )


def test_up_refuses_a_folder_that_it_cannot_make(up: Up, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = up.run("up", "--data-dir", str(tmp_path / "file" / "data"))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(
        f"nightdesk: The data folder {tmp_path}/file/data cannot be used (Not a directory)."
    )


def test_up_with_a_wrong_setting_says_which_and_starts_nothing(up: Up) -> None:
    up.installation.env["DATABASE_URL"] = "mysql://somewhere/else"
    refused = up.run("up", "--port", str(up.port))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "Nightdesk cannot start: DATABASE_URL must begin with postgres:// or sqlite://. No other database is supported.\n"
    )


@pytest.mark.fault
def test_child_that_is_killed_is_started_again(up: Up) -> None:
    running = up.start()
    up.wait_greeting(running)
    up.wait_worker(running)
    killed = {name: find_child(running, option) for name, option in CHILDREN.items()}
    for child in killed.values():
        child.kill()

    for name, child in killed.items():
        running.wait_for_log(f"{name} has ended (status -9); starting it again in 0.5 s.", 30)
        again = wait_until(lambda name=name: find_child(running, CHILDREN[name]), 30, f"{name} runs again")  # type: ignore[misc]
        assert again.pid != child.pid
    up.wait_worker(running, 2)
    wait_until(lambda: _answers(up.port), 30, "the web server answers again")
    assert up.run_campaign() == "succeeded"


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.fault
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_everything(up: Up, number: signal.Signals) -> None:
    running = up.start()
    up.wait_greeting(running)
    members = running.members()
    os.kill(running.pid, number)

    assert running.wait(15) == 0
    assert [member for member in members if not is_gone(member)] == []
    assert "Stopping." in running.printed()


@pytest.mark.fault
def test_supervisor_killed_leaves_no_orphans_and_the_next_one_starts(up: Up) -> None:
    first = up.start()
    up.wait_greeting(first)
    up.wait_worker(first)
    children = first.children()
    os.kill(first.pid, signal.SIGKILL)
    second = up.start()

    up.wait_greeting(second)
    assert [child for child in children if not is_gone(child)] == []
    assert up.run_campaign() == "succeeded"


@pytest.fixture
def deaf_up(make_installation: Callable[..., Installation]) -> Up:
    """Give a desk with a job kind that looks at no request to stop."""
    return Up(make_installation(extra_tasks=["tests.support.kinds"]))


DEAF = """
from nightdesk.engine.enqueue import enqueue
from tests.support.kinds import Deaf
enqueue(Deaf(seconds=600))
"""


def start_with_deaf_job(up: Up) -> Process:
    running = up.start()
    up.wait_greeting(running)
    up.wait_worker(running)
    up.installation.run_script(DEAF)
    wait_until(lambda: up.installation.states() == {"running": 1}, 30, "the job runs")
    return running


@pytest.mark.fault
def test_worker_that_does_not_end_in_time_is_killed(deaf_up: Up) -> None:
    running = start_with_deaf_job(deaf_up)
    members = running.members()

    assert running.stop(20) == 0
    assert [member for member in members if not is_gone(member)] == []


@pytest.mark.fault
def test_busy_worker_does_not_outlive_a_killed_supervisor(deaf_up: Up) -> None:
    running = start_with_deaf_job(deaf_up)
    children = running.children()
    os.kill(running.pid, signal.SIGKILL)

    wait_until(lambda: all(is_gone(child) for child in children), 20, lambda: f"all of {children} are gone")
    assert deaf_up.installation.states() == {"running": 1}  # for the next worker to rescue
