"""The words of a sensitive job are nowhere outside: not in the database's files, not in any log, not in the broker."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stage import Stage
from tests.support.postgres import Postgres

WAYS = ("fine", "bug", "permanent", "transient", "not_json")


@pytest.fixture(scope="module", params=["sqlite+files+prefork", "postgres+redis+threads"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a stage with one worker that says everything it knows."""
    database, broker, pool = request.param.split("+")
    postgres: Postgres | None = request.getfixturevalue("postgres") if database == "postgres" else None
    settings = {"NIGHTDESK_LOG_LEVEL": "DEBUG"}
    with Stage(database=database, broker=broker, postgres=postgres, settings=settings) as opened:
        opened.worker("a", pool=pool, slots=2, flags=["-E"])
        yield opened


def test_words_of_sensitive_jobs_are_nowhere_at_rest_or_in_logs(stage: Stage) -> None:
    words = [secrets.token_hex(16), secrets.token_hex(16)]
    jobs = {how: stage.enqueue(f"Tell(words={words!r}, how={how!r})")[0] for how in WAYS}
    (waiting,) = stage.enqueue(f"Tell(words={words!r})", delay_s=600)
    stage.ask(f"actions.cancel(job_id=UUID('{waiting}'))")
    stage.wait_for_all(list(jobs.values()))

    states = {how: stage.state(job_id) for how, job_id in jobs.items()}
    assert states == dict.fromkeys(WAYS, "failed") | {"fine": "succeeded", "transient": "succeeded"}
    assert stage.result(jobs["fine"]) == {"said": words}
    assert stage.ask(f"queries.arguments_of(Job.objects.get(pk='{waiting}'))")["words"] == words
    found = {
        name: [word for word in words if word in text]
        for name, text in read_everything(stage)
        if words[0] in text or words[1] in text
    }
    assert found == {}


def test_words_are_looked_for_where_plain_ones_would_be_found(stage: Stage) -> None:
    word = secrets.token_hex(16)
    stage.wait_for(stage.enqueue(f"Steps(names=[{word!r}])")[0], "succeeded")
    assert "database" in {name.split(":")[0] for name, text in read_everything(stage) if word in text}


def read_everything(stage: Stage) -> list[tuple[str, str]]:
    """Read the whole database as its files or its dump hold it, the broker's folder, and every log."""
    nightdesk = stage.nightdesk
    paths = [path for path in nightdesk.folder.rglob("*") if path.is_file() and path.name != "witness"]
    texts = [(f"{kind_of(path)}:{path.name}", path.read_bytes().decode("latin-1")) for path in paths]
    if nightdesk.postgres is not None:
        name = nightdesk.database_url.rpartition("/")[2]
        texts.append((f"database:{name}", nightdesk.postgres.dump_database(name)))
    return texts


def kind_of(path: Path) -> str:
    return "database" if "sqlite3" in path.name else "file"
