"""A campaign by a model, its process killed in the middle: what is written is never paid for again."""

import json
import os
import signal
import threading
import time

import pytest

from benchmarks.lab import to_seconds
from nightdesk.providers.text.channels import Channel
from tests.contract.text.honest import fill
from tests.fault.studio import ask_for_campaign
from tests.support.nightdesk import Broker, Database, Installation, MakeInstallation
from tests.support.processes import wait_until
from tests.support.text_server import USAGE, Received, TextServer, Wire, make_events

pytestmark = pytest.mark.fault

PIECES = len(Channel)
#: A kill each time so many pieces are stored; the others are being written just then.
KILLED_AT = (1, 3)
LIMIT_S = 30


class OnePieceAtATime:
    """A model that is asked for all channels at once, and finishes one whenever the test lets it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Channel, float]] = []  # with seconds since the epoch
        self.at_work = 0
        self._lock = threading.Lock()
        self._allowed = threading.Semaphore(0)

    def __call__(self, wire: Wire, received: Received) -> None:
        """Answer when the test allows one more; not at all where the client is gone by then."""
        with self._lock:
            self.asked.append((Channel(received.body["response_format"]["json_schema"]["name"]), time.time()))
            self.at_work += 1
        try:
            while not self._allowed.acquire(timeout=0.02):
                if wire.wait_gone(0):
                    return
        finally:
            with self._lock:
                self.at_work -= 1
        wire.stream(make_events(json.dumps(fill(received.fields)), usage=USAGE))

    def finish_one(self) -> None:
        """Let one of the pieces at work be finished."""
        self._allowed.release()

    def wait_at_work(self, count: int, *, after: int) -> None:
        """Wait until so many pieces are at work and `after` were asked for in all."""
        wait_until(
            lambda: (self.at_work, len(self.asked)) == (count, after),
            LIMIT_S,
            lambda: f"{count} of {after} are at work: {self.at_work} of {self.asked}",
        )


@pytest.mark.parametrize(("database", "broker"), [("postgres", "redis"), ("sqlite", "files")])
def test_channel_that_is_written_is_not_paid_again_when_the_worker_is_killed(
    make_installation: MakeInstallation, database: Database, broker: Broker
) -> None:
    model, asked = OnePieceAtATime(), PIECES
    with TextServer(model) as server:
        settings = {"NIGHTDESK_TEXT_URL": server.url, "NIGHTDESK_TEXT_MODEL": server.models[0]}
        nightdesk = make_installation(database=database, broker=broker, settings=settings)
        nightdesk.worker("a", pool="prefork", concurrency=1).wait_ready()
        ask_for_campaign(nightdesk)
        for stored in range(PIECES):
            left = PIECES - stored
            model.wait_at_work(left, after=asked)
            if stored in KILLED_AT:
                [(pid,)] = nightdesk.sql("SELECT pid FROM engine_job WHERE state = 'running'")
                os.kill(pid, signal.SIGKILL)
                asked += left
                model.wait_at_work(left, after=asked)
            model.finish_one()
            wait_stored(nightdesk, stored + 1)
        nightdesk.done(1)

        stored_at = read_steps(nightdesk)
        assert set(stored_at) == set(Channel)
        assert [channel for channel, at in model.asked if at > stored_at[channel]] == []
        assert nightdesk.sql("SELECT ai_processing_status FROM campaigns_campaign") == [("completed",)]
        assert nightdesk.sql("SELECT made_by, count(*) FROM campaigns_pieceversion GROUP BY made_by") == [
            (server.models[0], PIECES)
        ]
        # Calls that died with their process could not be booked; whatever was answered is.
        assert nightdesk.sql("SELECT outcome, count(*) FROM campaigns_modelcall GROUP BY outcome") == [("ok", PIECES)]


def wait_stored(nightdesk: Installation, count: int) -> None:
    """Wait until so many channels are stored."""
    wait_until(lambda: len(read_steps(nightdesk)) == count, LIMIT_S, f"{count} channels are stored")


def read_steps(nightdesk: Installation) -> dict[Channel, float]:
    """Read when each channel was stored, in seconds since the epoch."""
    return {Channel(name): to_seconds(at) for name, at in nightdesk.sql("SELECT name, finished_at FROM engine_jobstep")}
