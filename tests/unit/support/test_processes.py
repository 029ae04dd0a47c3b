import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.guard import ROOT
from tests.support.processes import (
    Process,
    find_free_port,
    is_listening,
    make_folder,
    remove_folder,
    start_process,
    wait_until,
)

#: A leader with two children, one of which left the leader's session; each prints its pid in one write when it is there.
FAMILY = """
import os, signal, sys
def child(leave):
    if leave:
        os.setsid()
    os.write(1, b"child %d\\n" % os.getpid())
    signal.pause()
for leave in (False, True):
    if os.fork() == 0:
        child(leave)
os.write(1, b"leader %d\\n" % os.getpid())
signal.pause()
"""
COUNTER = """
import sys, time
number = 0
while True:
    number += 1
    print(number, flush=True)
    time.sleep(0.005)
"""


def start(folder: Path, code: str) -> Process:
    return start_process("family", [sys.executable, "-c", code], log=folder / "log", env=dict(os.environ), cwd=folder)


def start_family(folder: Path) -> Process:
    process = start(folder, FAMILY)
    wait_until(lambda: process.printed().count("\n") == 3, 20, "leader and children are there")
    return process


def printed_pids(process: Process) -> set[int]:
    return {int(line.split()[1]) for line in process.printed().splitlines()}


def is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_kill9_ends_the_whole_tree(tmp_path: Path) -> None:
    process = start_family(tmp_path)
    members = {member.pid for member in process.members()}

    process.kill9()

    assert members == printed_pids(process)
    assert [pid for pid in members if is_running(pid)] == []
    assert process.popen.returncode == -signal.SIGKILL


def test_kill9_ends_orphans_whose_leader_died_before(tmp_path: Path) -> None:
    process = start_family(tmp_path)
    stayed = [child.pid for child in process.children() if os.getsid(child.pid) == process.pid]
    left = [child for child in process.children() if child.pid not in stayed]
    os.kill(process.pid, signal.SIGKILL)
    process.popen.wait(10)

    process.kill9()

    assert len(stayed) == 1
    assert [pid for pid in stayed if is_running(pid)] == []
    for orphan in left:  # in a session of its own and without its leader nobody can know whose it was
        orphan.kill()


def test_kill9_repeated_does_nothing(tmp_path: Path) -> None:
    process = start_family(tmp_path)
    process.kill9()

    process.kill9()

    assert process.members() == []


def test_stop_returns_the_exit_status_of_an_orderly_end(tmp_path: Path) -> None:
    process = start(
        tmp_path, "import signal, sys; signal.signal(15, lambda *_: sys.exit(7)); print(1, flush=True); signal.pause()"
    )
    process.wait_for_log("1", 20)

    assert process.stop() == 7


def test_stop_kills_what_ignores_it(tmp_path: Path) -> None:
    process = start(tmp_path, "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()")
    process.wait_for_log("1", 20)

    assert process.stop(grace_s=0.1) == -signal.SIGKILL


def test_freeze_stops_every_member_and_thaw_lets_them_go_on(tmp_path: Path) -> None:
    process = start(tmp_path, COUNTER)
    process.wait_for_log("1", 20)

    process.freeze()
    frozen_at = process.printed()
    states = [member.status() for member in process.members()]
    still = process.printed()
    process.thaw()

    assert states == [psutil.STATUS_STOPPED]
    assert still == frozen_at
    wait_until(lambda: process.printed() != frozen_at, 10, "it counts on")
    process.kill9()


def test_wait_for_log_fails_at_once_when_the_process_ends_before(tmp_path: Path) -> None:
    process = start(tmp_path, "print('bad luck'); raise SystemExit(3)")

    with pytest.raises(RuntimeError, match="family ended with status 3:\nbad luck"):
        process.wait_for_log("good luck", 20)
    process.kill9()


def test_printed_skips_what_an_earlier_process_of_the_same_log_wrote(tmp_path: Path) -> None:
    start(tmp_path, "print('first')").wait(20)
    second = start(tmp_path, "print('second')")
    second.wait(20)

    assert second.printed() == "second\n"
    assert (tmp_path / "log").read_text() == "first\nsecond\n"


def test_wait_until_returns_the_answer_and_names_what_did_not_come() -> None:
    assert wait_until(lambda: "here", 1, "never asked") == "here"
    with pytest.raises(TimeoutError, match=r"^not within 0\.05 s: 0 of 3$"):
        wait_until(lambda: False, 0.05, lambda: "0 of 3")


def test_free_port_is_free_and_never_lent_to_clients() -> None:
    port = find_free_port()

    assert not is_listening(port)
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        assert port < client.getsockname()[1]


def test_folder_can_be_passed_by_other_users_until_it_is_removed() -> None:
    folder = make_folder("selftest")
    mode = folder.stat().st_mode & 0o777

    remove_folder(folder)

    assert mode == 0o755
    assert not folder.exists()


def test_guard_ends_what_a_killed_run_left_behind(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from tests.support.processes import make_folder, start_process
folder = make_folder("orphaned")
left = start_process("left", ["sleep", "600"], log=folder / "log", env=dict(os.environ), cwd=folder)
print(left.pid, folder, flush=True)
sys.stdin.read()
"""
    run = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    pid, folder = run.stdout.readline().split()
    assert is_running(int(pid))

    run.kill()
    run.communicate()

    wait_until(lambda: not is_running(int(pid)) and not Path(folder).exists(), 20, "the guard has cleared up")
