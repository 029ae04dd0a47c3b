"""The live feed under load and faults: every final state reaches every reader, and nobody is cut off for long."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.fault.feed_writers import CHANGES_A_JOB
from tests.fault.live_reader import LiveReader, sign_in
from tests.support.nightdesk import Installation, MakeInstallation, Web
from tests.support.postgres import Postgres

pytestmark = pytest.mark.fault

WRITERS, JOBS_EACH = 16, 125
HELD_OPEN_S = 10.0
REACHES_WITHIN_S = 15.0
ADD_JOB = "from tests.fault.feed_writers import finish_one\nprint(finish_one())"
BUSY = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'nightdesk-web'
"""

OpenReaders = Callable[[int, Installation, Web], list[LiveReader]]


@pytest.fixture
def open_readers() -> Iterator[OpenReaders]:
    """Open streams and wait for their hello; all are closed with the test."""
    with ExitStack() as stack:

        def open_some(count: int, nightdesk: Installation, web: Web) -> list[LiveReader]:
            cookie = sign_in(nightdesk)
            readers = [
                stack.enter_context(LiveReader(web.port, cookie, "load", look=lambda: read_states(nightdesk)))
                for _ in range(count)
            ]
            for reader in readers:
                reader.wait_open()
            return readers

        yield open_some


@pytest.mark.parametrize("database", ["postgres", "sqlite"])
def test_every_final_state_reaches_every_reader_when_16_writers_make_10_000_changes(
    make_installation: MakeInstallation, open_readers: OpenReaders, database: str
) -> None:
    nightdesk = make_installation(database=database)
    readers = open_readers(3, nightdesk, nightdesk.web().wait_ready())

    code = f"from tests.fault.feed_writers import main\nmain({WRITERS}, {JOBS_EACH}, hold_s={HELD_OPEN_S})"
    writing = nightdesk.start_script("writers", code)
    assert writing.wait(240) == 0, writing.tail()
    committed_at: dict[str, float] = dict(map(json.loads, writing.printed().splitlines()))
    assert len(committed_at) == WRITERS * JOBS_EACH
    assert nightdesk.sql("SELECT count(*) FROM engine_jobchange") == [(WRITERS * JOBS_EACH * CHANGES_A_JOB,)]

    for reader in readers:
        reader.wait_all_done(len(committed_at), 2 * REACHES_WITHIN_S)
        delays = sorted(reader.reached_at[job_id] - at for job_id, at in committed_at.items())
        print(f"{database}: median {delays[len(delays) // 2]:.2f} s, last {delays[-1]:.2f} s, {reader.resyncs} resyncs")  # noqa: T201
        assert delays[-1] < REACHES_WITHIN_S
        assert set(reader.states.values()) == {"succeeded"}


def test_readers_resume_without_loss_when_the_web_process_restarts(
    make_installation: MakeInstallation, open_readers: OpenReaders
) -> None:
    nightdesk = make_installation()
    web = nightdesk.web().wait_ready()
    [reader] = open_readers(1, nightdesk, web)
    web.kill9()
    missed = nightdesk.run_script(ADD_JOB).strip()
    nightdesk.web(port=web.port).wait_ready()

    reader.wait_done(missed)
    assert (reader.streams, reader.resyncs) == (2, 0)


def test_readers_go_on_when_the_database_was_killed(
    make_installation: MakeInstallation, open_readers: OpenReaders, private_postgres: Postgres
) -> None:
    nightdesk = make_installation(database="postgres", postgres=private_postgres)
    [reader] = open_readers(1, nightdesk, nightdesk.web().wait_ready())
    private_postgres.kill9()
    private_postgres.start()

    job_id = nightdesk.run_script(ADD_JOB).strip()
    reader.wait_done(job_id)
    assert (reader.streams, reader.resyncs) == (1, 0)


def test_streams_hold_no_database_connection(make_installation: MakeInstallation, open_readers: OpenReaders) -> None:
    nightdesk = make_installation(database="postgres")
    readers = open_readers(40, nightdesk, nightdesk.web().wait_ready())

    job_id = nightdesk.run_script(ADD_JOB).strip()
    for reader in readers:
        reader.wait_done(job_id)
    assert {reader.streams for reader in readers} == {1}
    assert nightdesk.sql(BUSY)[0][0] <= 16  # the pool's size, with 40 streams open


def test_streams_end_within_3_s_when_the_web_process_is_asked_to_stop(
    make_installation: MakeInstallation, open_readers: OpenReaders
) -> None:
    nightdesk = make_installation()
    web = nightdesk.web().wait_ready()
    open_readers(2, nightdesk, web)
    asked_at = time.monotonic()
    web.stop(grace_s=10)
    assert time.monotonic() - asked_at < 4.0  # 3 s of grace for streams, then the process itself
    assert "Traceback" not in web.printed()


def read_states(nightdesk: Installation) -> dict[str, str]:
    rows = nightdesk.sql("SELECT id, state FROM engine_job WHERE subject = 'load:1'")
    return {str(uuid.UUID(str(job_id))): state for job_id, state in rows}
