"""Each private server: it answers, comes back after kill -9 and is gone after close."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis as redis_client
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.postgres import Postgres, find_wheel_programs
from tests.support.processes import Process, is_listening
from tests.support.rabbitmq import RabbitMQ
from tests.support.redis import Redis


def wheel_programs() -> Path:
    programs = find_wheel_programs()
    assert programs is not None
    return programs


def wheel_postgres() -> Postgres:
    return Postgres(wheel_programs())


@pytest.fixture(params=[Postgres, wheel_postgres], ids=["newest", "wheel"])
def server(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    make: Callable[[], Postgres] = request.param
    with make() as started:
        yield started


def test_postgres_keeps_committed_rows_when_killed(server: Postgres) -> None:
    server.create_database("kept")
    with server.connect("kept") as connection:
        connection.execute("CREATE TABLE fact (value int)")
        connection.execute("INSERT INTO fact VALUES (42)")

    server.kill9()
    down = is_listening(server.port)
    server.start()

    with server.connect("kept") as connection:
        assert connection.execute("SELECT value FROM fact").fetchall() == [(42,)]
    assert not down


def test_postgres_runs_with_the_settings_that_the_promises_rest_on(server: Postgres) -> None:
    names = ("fsync", "synchronous_commit", "max_connections", "listen_addresses", "server_encoding")
    with server.connect() as connection:
        found = [connection.execute(f"SHOW {name}").fetchone() for name in names]

    assert found == [("on",), ("on",), ("200",), ("127.0.0.1",), ("UTF8",)]


def test_postgres_copies_a_database_to_another_server(postgres: Postgres, private_postgres: Postgres) -> None:
    postgres.create_database("original")
    with postgres.connect("original") as connection:
        connection.execute("CREATE TABLE fact AS SELECT 7 AS value")

    private_postgres.create_database("copy")
    private_postgres.load_database("copy", postgres.dump_database("original"))

    with private_postgres.connect("copy") as connection:
        assert connection.execute("SELECT value FROM fact").fetchall() == [(7,)]


def test_postgres_drops_a_database_in_use_and_one_that_is_gone(postgres: Postgres) -> None:
    postgres.create_database("used")
    with postgres.connect("used"):
        postgres.drop_database("used")
        postgres.drop_database("used")

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        postgres.connect("used")


def test_postgres_starts_with_programs_that_its_user_may_not_reach(tmp_path: Path) -> None:
    programs, package, private = wheel_programs(), wheel_programs().parents[1], tmp_path / "private"
    for part in (programs.parent, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, private / part.relative_to(package.parent), symlinks=True)
    private.chmod(0o700)

    with Postgres(private / programs.relative_to(package.parent)) as server, server.connect() as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_redis_is_empty_when_it_comes_back(private_redis: Redis) -> None:
    with private_redis.connect() as client:
        client.set("fact", "42")
        before = client.dbsize()

    private_redis.kill9()
    down = is_listening(private_redis.port)
    private_redis.start()

    with private_redis.connect() as client:
        assert (before, down, client.dbsize()) == (1, False, 0)


def test_redis_frozen_is_silent_and_thawed_answers(private_redis: Redis) -> None:
    once = Retry(NoBackoff(), 0)
    with redis_client.Redis(port=private_redis.port, socket_timeout=0.2, retry=once) as client:
        private_redis.freeze()
        with pytest.raises(redis_client.TimeoutError):
            client.ping()
        private_redis.thaw()
        answered = client.ping()

    assert answered is True


@pytest.mark.parametrize("make", [Postgres, Redis])
def test_server_is_gone_after_close(make: Callable[[], Postgres | Redis]) -> None:
    server = make()
    process = server.process
    assert process is not None

    server.close()
    server.close()

    assert_gone(process, server.port, server.folder)
    assert process.popen.returncode == 0


@pytest.mark.real_server
def test_rabbitmq_answers_after_kill9_and_is_gone_after_close() -> None:
    server = RabbitMQ()
    server.connect().close()

    server.kill9()
    down = is_listening(server.port)
    server.start()
    server.connect().close()
    process = server.process
    assert process is not None
    server.close()

    assert not down
    assert_gone(process, server.port, server.folder)


def assert_gone(process: Process, port: int, folder: Path) -> None:
    assert process.members() == []
    assert not is_listening(port)
    assert not folder.exists()
