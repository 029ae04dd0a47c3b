import multiprocessing
import uuid
from pathlib import Path

import pytest

from tests.support.witness import PATH_SETTING, read_witness, witness

WRITERS = 4
JOBS = 200


def tell_stories(jobs: list[str]) -> None:
    for job in jobs:
        witness("start", job, "token-1")
        witness("end", job, "token-1")
        witness("accepted", job, "token-1")


def test_witness_of_many_processes_keeps_every_line_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PATH_SETTING, str(tmp_path / "witness"))
    jobs = [str(uuid.uuid4()) for _ in range(WRITERS * JOBS)]

    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=tell_stories, args=(jobs[start::WRITERS],)) for start in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)

    stories = read_witness(tmp_path / "witness")
    assert set(stories) == set(jobs)
    for story in stories.values():
        assert [line.token for line in (*story.starts, *story.ends, *story.accepted)] == ["token-1"] * 3
        assert story.others == []
    assert {story.starts[0].pid for story in stories.values()} == {writer.pid for writer in writers}


def test_witness_without_a_path_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PATH_SETTING, raising=False)

    witness("start", "job", "token")

    assert read_witness(tmp_path / "witness") == {}


def test_witness_sorts_unusual_events_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PATH_SETTING, str(tmp_path / "witness"))

    witness("start", "job", "first")
    witness("refused", "job", "first")
    witness("start", "job", "second")

    story = read_witness(tmp_path / "witness")["job"]
    assert [line.token for line in story.starts] == ["first", "second"]
    assert [(line.event, line.token) for line in story.others] == [("refused", "first")]
