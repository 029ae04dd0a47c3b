"""The file broker between real processes: every message once, none half-read, whoever is killed."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import environment
from tests.support.processes import Process, make_folder, remove_folder, start_process, wait_until

MESSAGES = 2_000
#: Bodies of up to 64 KB: long enough that a reader would meet a half-written one.
WRITER = """
import hashlib, sys
from kombu import Connection, Exchange, Queue
from nightdesk.engine import files
files.register()
name, first, count, url = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
queue = Queue("default", Exchange("default", type="direct"), routing_key="default")
with Connection(url) as connection:
    producer = connection.Producer(serializer="json")
    for number in range(first, first + count):
        filling = "x" * (number * 7919 % 65_536)
        body = {"id": f"{name}-{number}", "filling": filling, "digest": hashlib.sha256(filling.encode()).hexdigest()}
        producer.publish(body, exchange=queue.exchange, routing_key="default", declare=[queue])
        print(body["id"], flush=True)
"""
READER = """
import hashlib, sys
from kombu import Connection, Consumer, Exchange, Queue
from nightdesk.engine import files
files.register()
queue = Queue("default", Exchange("default", type="direct"), routing_key="default")

def on_message(body, message):
    assert hashlib.sha256(body["filling"].encode()).hexdigest() == body["digest"]
    print(body["id"], flush=True)

with Connection(sys.argv[1]) as connection:
    with Consumer(connection, [queue], callbacks=[on_message], no_ack=True, accept=["json"]):
        print("ready", flush=True)
        while True:
            connection.drain_events()
"""


class Broker:
    """A broker folder with readers and writers as processes; each prints the ids that it handled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"files://{folder / 'broker'}"
        self.processes: list[Process] = []

    def start(self, name: str, script: str, *arguments: str) -> Process:
        env = environment.complete_environment({})
        command = [sys.executable, "-c", script, *arguments]
        process = start_process(name, command, log=self.folder / f"{name}.log", env=env, cwd=self.folder)
        self.processes.append(process)
        return process

    def write(self, name: str, *, first: int = 0, count: int) -> Process:
        return self.start(name, WRITER, name, str(first), str(count), self.url)

    def read(self, name: str) -> Process:
        reader = self.start(name, READER, self.url)
        reader.wait_for_log("ready", 30)
        return reader

    def names(self, folder: str) -> list[str]:
        found = self.folder / "broker" / folder
        return [path.name for path in found.iterdir()] if found.exists() else []

    @property
    def waiting(self) -> int:
        return sum(name.endswith(".msg") for name in self.names("queues/default"))


def ids(*processes: Process) -> Counter[str]:
    return Counter(line for process in processes for line in process.printed().split() if line != "ready")


@pytest.fixture
def broker() -> Iterator[Broker]:
    made = Broker(make_folder("broker"))
    yield made
    for process in made.processes:
        process.kill9()
    remove_folder(made.folder)


def test_four_readers_and_two_writers_deliver_each_message_once(broker: Broker) -> None:
    readers = [broker.read(f"reader-{number}") for number in range(4)]
    writers = [broker.write(f"writer-{number}", count=MESSAGES // 2) for number in range(2)]

    assert [writer.wait(120) for writer in writers] == [0, 0]
    wait_until(lambda: ids(*readers).total() >= MESSAGES, 60, lambda: f"{ids(*readers).total()} messages are read")
    assert ids(*readers) == ids(*writers)
    assert ids(*writers).total() == MESSAGES
    assert all(ids(reader) for reader in readers), "one reader got nothing"
    assert (broker.waiting, broker.names("claimed"), broker.names("drafts"), broker.names("unreadable")) == (
        0,
        [],
        [],
        [],
    )


def test_killed_readers_and_writers_leave_the_others_whole_messages(broker: Broker) -> None:
    readers = [broker.read(f"reader-{number}") for number in range(3)]
    doomed_writer, writer = (broker.write(f"writer-{number}", count=MESSAGES // 2) for number in range(2))
    wait_until(lambda: ids(*readers).total() >= 200, 60, "200 messages are read")
    doomed_writer.kill9()
    readers[0].kill9()
    writer.wait(120)
    last = broker.write("writer-2", count=100)
    last.wait(60)
    wait_until(lambda: broker.waiting == 0 and ids(last) <= ids(*readers), 60, lambda: f"{broker.waiting} still wait")

    read, written = ids(*readers), ids(doomed_writer, writer, last)
    unsaid = (read | written) - written  # published, but killed before it was printed
    lost = written - read
    assert max(read.values()) == 1
    assert unsaid.total() <= 1
    assert lost.total() <= 1, f"a killed reader takes along the one message in its hands, not {lost}"
    assert len(broker.names("claimed")) <= 1
    assert len(broker.names("drafts")) <= 1
    assert broker.names("unreadable") == []


CELERY_APP = """
import os, pathlib
from celery import Celery
from nightdesk.engine import files

files.register()
app = Celery("tiny", broker="files://", backend=None)
app.conf.update(
    broker_transport_options=files.transport_options(pathlib.Path(os.environ["TINY_BROKER"])),
    broker_connection_retry_on_startup=True,
    worker_lost_wait=0.5,
    worker_send_task_events=True,
)


@app.task
def add(x, y):
    print(f"sum {x + y}", flush=True)
"""


NOBODY_REPLIES = 69  # what `celery control` says of commands without an answer, such as `shutdown`


class Tiny:
    """A small Celery project of its own over the file broker."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        (broker.folder / "tiny.py").write_text(CELERY_APP)
        self.env = environment.complete_environment({"TINY_BROKER": str(broker.folder / "broker")})

    def worker(self, name: str, pool: str) -> Process:
        command = [sys.executable, "-m", "celery", "-A", "tiny", "worker", "-n", f"{name}@here", "-P", pool, "-c", "2"]
        log = self.broker.folder / f"{name}.log"
        worker = start_process(name, [*command, "-l", "info"], log=log, env=self.env, cwd=self.broker.folder)
        self.broker.processes.append(worker)
        worker.wait_for_log(f"{name}@here ready", 60)
        return worker

    def celery(self, *arguments: str, status: int = 0) -> str:
        command = [sys.executable, "-m", "celery", "-A", "tiny", *arguments]
        done = subprocess.run(command, env=self.env, cwd=self.broker.folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def tiny(broker: Broker) -> Tiny:
    return Tiny(broker)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_celery_runs_tasks_and_answers_control_over_files(tiny: Tiny, pool: str) -> None:
    workers = [tiny.worker(name, pool) for name in ("one", "two")]

    tiny.celery("call", "tiny.add", "--args", "[20, 22]")
    wait_until(lambda: any("sum 42" in worker.printed() for worker in workers), 20, "the task runs")
    pinged = tiny.celery("inspect", "ping")
    assert [pinged.count(f"{name}@here: OK") for name in ("one", "two")] == [1, 1]
    assert tiny.celery("inspect", "ping", "-d", "two@here").count("OK") == 1
    assert "2 nodes online" in tiny.celery("status")
    tiny.celery("control", "shutdown", status=NOBODY_REPLIES)
    assert [worker.wait(30) for worker in workers] == [0, 0]


def test_worker_restarted_after_kill_ignores_commands_for_the_dead_one(tiny: Tiny) -> None:
    tiny.worker("one", "threads").kill9()
    tiny.celery(
        "control", "shutdown", status=NOBODY_REPLIES
    )  # reaches only the mailbox that the dead worker left behind
    worker = tiny.worker("one", "threads")

    assert "one@here: OK" in tiny.celery("inspect", "ping")
    assert worker.alive


def test_celery_purge_empties_the_queue(tiny: Tiny) -> None:
    for _ in range(3):
        tiny.celery("call", "tiny.add", "--args", "[1, 2]")

    assert "Purged 3 messages" in tiny.celery("purge", "-f")
    assert tiny.broker.names("queues/celery") == []


EVENTS = """
from tiny import app


def on_event(event):
    receiver.should_stop = event["type"] == "task-succeeded"


with app.connection_for_read() as connection:
    receiver = app.events.Receiver(connection, handlers={"*": on_event})
    receiver.capture(timeout=30, wakeup=False)
"""


def test_events_reach_a_listener_and_its_queue_goes_with_it(tiny: Tiny) -> None:
    tiny.worker("one", "threads")
    listener = start_process(
        "listener",
        [sys.executable, "-c", EVENTS],
        log=tiny.broker.folder / "listener.log",
        env=tiny.env,
        cwd=tiny.broker.folder,
    )
    tiny.broker.processes.append(listener)
    wait_until(lambda: tiny.broker.names("exchanges/celeryev"), 30, "the listener has bound its queue")
    tiny.celery("call", "tiny.add", "--args", "[1, 2]")

    assert listener.wait(30) == 0, listener.tail()
    assert tiny.broker.names("exchanges/celeryev") == []
