"""`nightdesk up`: everything on this machine, from an empty folder to a page that answers."""

import json
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from nightdesk.cli.folder_lock import FolderLock, FolderTaken
from nightdesk.cli.options import DATA_DIR_NAME, DEFAULT_DATA_DIR
from nightdesk.cli.processes import DEFAULT_PORT
from nightdesk.cli.supervisor import Child, Supervisor

BASE_URL_NAME: Final = "NIGHTDESK_BASE_URL"
#: After a kill -9 of an earlier `up` its children need a moment to notice and to let go of the port.
_PORT_PATIENCE_S: Final = 4.0

#: Windows cannot fork.
_CPU_POOL: Final = "threads" if sys.platform == "win32" else "prefork"
#: Small leaks of libraries end with their process; a new one costs half a second once.
_JOBS_PER_CHILD: Final = 200
#: Work on a picture of 12 megapixels stays below it; what a larger one took comes back with its process.
_MEMORY_PER_CHILD_MIB: Final = 768

Environment = dict[str, str]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--data-dir",
    envvar=DATA_DIR_NAME,
    default=DEFAULT_DATA_DIR,
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Folder with everything that is kept. Default: {DATA_DIR_NAME}, else ./{DEFAULT_DATA_DIR}.",
)
def up(host: str, port: int, data_dir: Path) -> int:
    """Run everything on this machine: web, workers and scheduler. What dies is started again; Ctrl-C ends all."""
    folder = data_dir.expanduser().absolute()
    with _take(folder) as lock:
        return _run(host, port, folder, lock, link_command=f"{_command()} sign-in-link{_name_again(data_dir)}")


def _take(folder: Path) -> FolderLock:
    try:
        return FolderLock(folder).take()
    except FolderTaken as taken:
        pid, address = taken.note.get("pid", "unknown"), taken.note.get("address", "not yet answering")
        raise click.ClickException(
            f"Nightdesk already runs on {folder} (process {pid}, {address}). Stop it, or use another --data-dir."
        ) from None
    except OSError as error:
        raise click.ClickException(
            f"The data folder {folder} cannot be used ({error.strerror}). Choose another with --data-dir."
        ) from None


def _name_again(data_dir: Path) -> str:
    """Say the option that another command needs to find the same folder; nothing where it finds it by itself."""
    source = click.get_current_context().get_parameter_source("data_dir")
    return f" --data-dir {shlex.quote(str(data_dir))}" if source is ParameterSource.COMMANDLINE else ""


def _run(host: str, port: int, folder: Path, lock: FolderLock, *, link_command: str) -> int:
    _ensure_port_is_free(host, port)
    base_url = f"http://localhost:{port}"
    prepared = _prepare(_build_environment("manage", folder, base_url))
    lock.write_note(address=prepared["address"])
    children = [
        Child("web", ["web", "--host", host, "--port", str(port)], _build_environment("web", folder, base_url)),
        *(
            Child(name, command, _build_environment("worker", folder, base_url))
            for name, command in _choose_workers(has_gpu_work=bool(prepared["gpu"])).items()
        ),
        Child("beat", ["beat"], _build_environment("beat", folder, base_url)),
    ]
    address = str(prepared["address"] or base_url)
    greeting = Greeting(host, port, address=address, link=prepared["link"], link_command=link_command)
    return Supervisor(children, say=_say).run(each_look=greeting.say_when_ready)


def _choose_workers(*, has_gpu_work: bool) -> dict[str, list[str]]:
    """Name the workers and what each is called with.

    Waiting on others costs no processor and goes on threads. Pixels go into processes of their own, one a core: they end
    when they took too much, and their memory comes back. A model stays warm in one process, where there is one.
    """
    workers = {
        "worker": ["worker", "--exclude-queues", "cpu,gpu"],
        "cpu": ["worker", "--queues", "cpu", "--name", "cpu", "--pool", _CPU_POOL],
    }
    if _CPU_POOL == "prefork":
        workers["cpu"] += ["--max-tasks-per-child", str(_JOBS_PER_CHILD)]
        workers["cpu"] += ["--max-memory-per-child", str(_MEMORY_PER_CHILD_MIB)]
    if has_gpu_work:
        workers["gpu"] = ["worker", "--queues", "gpu", "--name", "gpu", "--pool", "solo"]
    return workers


def _say(line: str) -> None:
    click.echo(f"nightdesk: {line}")


def _build_environment(role: str, folder: Path, base_url: str) -> Environment:
    from nightdesk.config.startup import build_child_environment

    env = build_child_environment(role=role, **{DATA_DIR_NAME: str(folder)})
    env.setdefault(BASE_URL_NAME, base_url)
    return env


def _ensure_port_is_free(host: str, port: int) -> None:
    give_up_at = time.monotonic() + _PORT_PATIENCE_S
    while True:
        try:
            _listen_once(host, port)
        except OSError as error:
            if time.monotonic() > give_up_at:
                raise click.ClickException(
                    f"Port {port} of {host} cannot be used ({error.strerror}). Stop what listens there, "
                    f"or choose another: nightdesk up --port {port + 1 if port < 65535 else 8001}"
                ) from None
            time.sleep(0.1)
        else:
            return


def _listen_once(host: str, port: int) -> None:
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        if sys.platform != "win32":  # there it would allow two listeners
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(place)
        probe.listen()


def _prepare(env: Environment) -> dict[str, Any]:
    """Run the short process that makes the database ready; what goes wrong in it is said by it."""
    done = subprocess.run(
        [sys.executable, "-m", "nightdesk.cli", "prepare"], env=env, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise click.exceptions.Exit(done.returncode)
    prepared: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return prepared


class Greeting:
    """What a person reads once the first page answers."""

    def __init__(self, host: str, port: int, *, address: str, link: str | None, link_command: str) -> None:
        """Wait for a listener on `host` and `port`."""
        self._host = host
        self._place = (_find_local_name(host), port)
        self._address, self._link, self._link_command = address, link, link_command
        self._said = False

    def say_when_ready(self) -> None:
        """Say it, once."""
        if self._said or not self._is_listening():
            return
        self._said = True
        lines = ["", f"  Nightdesk runs at {self._address}/"]
        if self._link:
            lines += [
                "",
                "  Sign in as the owner with this link. It works once, within an hour:",
                f"  {self._link}",
                "",
            ]
        if not self._serves_only_this_machine() and "//localhost" in self._address:
            lines += ["  Other machines are let in once NIGHTDESK_BASE_URL names the address that they use."]
        lines += [f"  For another link: {self._link_command}", "  To stop: Ctrl-C", ""]
        click.echo("\n".join(lines))

    def _serves_only_this_machine(self) -> bool:
        return self._host in {"localhost", "::1"} or self._host.startswith("127.")

    def _is_listening(self) -> bool:
        try:
            with socket.create_connection(self._place, timeout=0.1):
                return True
        except OSError:
            return False


def _command() -> str:
    """Say how this command was called, so that the hint works for whoever has no virtual environment active."""
    called = Path(sys.argv[0])
    if called.name != "nightdesk" or shutil.which("nightdesk"):
        return "nightdesk"
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)


def _find_local_name(host: str) -> str:
    """Say under which name this machine reaches a listener on `host`; "all addresses" is not one to connect to."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 (compared, not bound)
