"""A whole installation: its processes start, answer, die and come back, and nothing of it stays."""

import json
import re
import urllib.request

import pytest

from tests.support.nightdesk import Installation, MakeInstallation, ScriptError
from tests.support.processes import is_listening
from tests.support.redis import Redis

COUNT_TABLES = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%%'",
    "postgres": "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'",
}


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_second_installation_has_the_schema_of_the_first(database: str, make_installation: MakeInstallation) -> None:
    first, second = make_installation(database=database), make_installation(database=database)

    tables = [installation.sql(COUNT_TABLES[database])[0][0] for installation in (first, second)]
    first.sql("DELETE FROM django_migrations")

    assert tables[0] == tables[1] > 5
    assert first.database_url != second.database_url
    assert second.manage("migrate", "--check") == ""
    with pytest.raises(ScriptError):
        first.manage("migrate", "--check")


def test_scripts_run_inside_the_installation(make_installation: MakeInstallation) -> None:
    nightdesk = make_installation()
    code = """
import json, sys
from django.conf import settings
print(json.dumps([str(settings.DATA_DIR), settings.DATABASES["default"]["NAME"], sys.argv[1:]]))
"""

    printed = json.loads(nightdesk.run_script(code, "one", "two"))

    database_path = nightdesk.database_url.removeprefix("sqlite:///")
    assert printed == [str(nightdesk.data_dir), database_path, ["one", "two"]]
    with pytest.raises(ScriptError, match="ended with status 3:\nsaid before"):
        nightdesk.run_script("print('said before'); raise SystemExit(3)")


def test_web_answers_and_is_gone_after_close(make_installation: MakeInstallation) -> None:
    nightdesk = make_installation()
    web = nightdesk.web().wait_ready()

    with urllib.request.urlopen(f"{web.url}/healthz", timeout=10) as answer:
        status = answer.status
    nightdesk.close()

    assert status == 200
    assert web.members() == []
    assert not is_listening(web.port)
    assert not nightdesk.folder.exists()


@pytest.mark.parametrize(("pool", "children"), [("prefork", 2), ("threads", 0), ("solo", 0)])
def test_worker_is_killed_with_its_children_and_comes_back(
    pool: str, children: int, make_installation: MakeInstallation
) -> None:
    nightdesk = make_installation(broker="redis")
    worker = nightdesk.worker("a", pool=pool, concurrency=2).wait_ready()
    counted = len(worker.children())

    worker.kill9()
    again = nightdesk.worker("a", pool=pool, concurrency=2).wait_ready()

    assert counted == children
    assert (worker.alive, again.alive) == (False, True)
    assert again.stop() == 0


def test_shared_servers_outlive_an_installation(redis: Redis) -> None:
    with Installation(broker="redis", redis=redis) as nightdesk:
        broker_url = nightdesk.broker_url

    assert broker_url == redis.url
    with redis.connect() as client:
        assert client.ping() is True


def test_logs_of_a_failed_test_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with Installation() as nightdesk:
            nightdesk.start_script("unlucky", "print('a line of the log')").wait(60)
            raise RuntimeError("the test failed")

    with pytest.raises(RuntimeError, match="the test failed"):
        fail()

    assert re.search(r"--- unlucky \(pid \d+\)\na line of the log\n", capsys.readouterr().out)
