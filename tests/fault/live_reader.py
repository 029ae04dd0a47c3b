"""A reader of the live feed over HTTP, as a browser is one: follows, resumes by its last id, looks again when told to."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from typing import Self

from tests.support.nightdesk import Installation
from tests.support.processes import wait_until

SIGN_IN = """
from django.test import Client
from nightdesk.accounts.services import ensure_owner
client = Client()
client.force_login(ensure_owner()[0], backend="django.contrib.auth.backends.ModelBackend")
print(client.cookies["sessionid"].value)
"""
RETRY_S = 0.2


def sign_in(nightdesk: Installation) -> str:
    """Make a session of the owner and return its cookie."""
    return "sessionid=" + nightdesk.run_script(SIGN_IN).strip().splitlines()[-1]


class LiveReader:
    """A thread that holds one stream and opens it again when it ends; `states` is what a page would show."""

    def __init__(self, port: int, cookie: str, topics: str, look: Callable[[], dict[str, str]] = dict) -> None:
        self.states: dict[str, str] = {}
        self.reached_at: dict[str, float] = {}  # job -> when its final state was known
        self.resyncs = 0
        self.streams = 0
        self.cursor = ""
        self.open = threading.Event()
        self._port, self._cookie, self._topics, self._look = port, cookie, topics, look
        self._leaving = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait_open(self, limit_s: float = 30) -> None:
        """Wait until the stream says hello."""
        wait_until(self.open.is_set, limit_s, "the stream is open")

    def wait_done(self, job_id: str, limit_s: float = 15) -> None:
        """Wait until this job is known to have succeeded."""
        wait_until(lambda: self.states.get(job_id) == "succeeded", limit_s, self.describe)

    def wait_all_done(self, count: int, limit_s: float) -> None:
        """Wait until that many jobs are known to have succeeded."""
        wait_until(lambda: len(self.reached_at) == count, limit_s, self.describe)

    def describe(self) -> str:
        """Say how far the reader came."""
        return f"{len(self.reached_at)} final states, {self.streams} streams, {self.resyncs} resyncs, at {self.cursor}"

    def close(self) -> None:
        """Leave."""
        self._leaving.set()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._leaving.is_set():
            with suppress(OSError, http.client.HTTPException):
                self._follow()
            self.open.clear()
            self._leaving.wait(RETRY_S)

    def _follow(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {"Cookie": self._cookie, **({"Last-Event-ID": self.cursor} if self.cursor else {})}
        with closing(connection):
            connection.request("GET", f"/live/?topics={self._topics}", headers=headers)
            self._socket = connection.sock
            with connection.getresponse() as answer:
                assert answer.status == 200, (answer.status, answer.read())
                self.streams += 1
                self._read(answer)

    def _read(self, answer: Iterable[bytes]) -> None:
        fields: dict[str, str] = {}
        for raw in answer:
            line = raw.decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            self.cursor = fields.get("id", self.cursor)
            self._hear(fields)
            fields = {}

    def _hear(self, fields: dict[str, str]) -> None:
        kind = fields.get("event")
        if kind == "hello":
            self.open.set()
        elif kind == "resync":
            self.resyncs += 1
            self._note(self._look())
        elif kind == "job":
            event = json.loads(fields["data"])
            self._note({event["job"]: event["state"]})

    def _note(self, states: dict[str, str]) -> None:
        now = time.time()
        self.states |= states
        for job_id, state in states.items():
            if state == "succeeded":
                self.reached_at.setdefault(job_id, now)
