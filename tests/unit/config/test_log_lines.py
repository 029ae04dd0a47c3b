"""The log line and the log file."""

import logging
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from nightdesk.config.log_lines import SharedLogFile, build_formatter


@pytest.fixture
def logger(tmp_path: Path) -> Iterator[logging.Logger]:
    logger = logging.getLogger("nightdesk.test")
    logger.setLevel(logging.INFO)
    handler = SharedLogFile(str(tmp_path / "logs" / "test.log"))
    handler.setFormatter(build_formatter())
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
    handler.close()


def read_line(tmp_path: Path) -> str:
    """Return the one line of the log, its time left out."""
    (line,) = (tmp_path / "logs" / "test.log").read_text(encoding="utf-8").splitlines()
    time, _, rest = line.partition(" ")
    assert time.startswith("timestamp=20")
    assert time.endswith("Z")
    return rest


def test_event_of_a_library_is_one_line(logger: logging.Logger, tmp_path: Path) -> None:
    logger.warning("lost %s", "a=b")
    assert read_line(tmp_path) == 'level=warning logger=nightdesk.test event="lost a=b"'


def test_job_that_is_bound_is_named_in_the_line(logger: logging.Logger, tmp_path: Path) -> None:
    with structlog.contextvars.bound_contextvars(job_id="0198", kind="mail.send"):
        logger.info("sent")
    assert read_line(tmp_path) == "level=info logger=nightdesk.test event=sent job_id=0198 kind=mail.send"


def test_traceback_and_line_breaks_stay_on_the_line(logger: logging.Logger, tmp_path: Path) -> None:
    try:
        raise ValueError("first\nsecond\r\x00third")
    except ValueError:
        logger.exception("a\nb\u2028c")
    line = read_line(tmp_path)
    assert line.startswith('level=error logger=nightdesk.test event=a\\nb\\nc exception="Traceback')
    assert line.endswith('ValueError: first\\nsecond\\nthird"')


def test_secret_never_reaches_the_line(logger: logging.Logger, tmp_path: Path) -> None:
    with structlog.contextvars.bound_contextvars(api_key="abcdef"):
        logger.info("asked with Bearer abcdefghijkl")
    line = read_line(tmp_path)
    assert line == 'level=info logger=nightdesk.test event="asked with Bearer [hidden]" api_key=[hidden]'


def write_lines(path: Path, name: str, count: int) -> None:
    handler = SharedLogFile(str(path), most_bytes=2000, kept_files=100)
    for number in range(count):
        handler.emit(logging.makeLogRecord({"msg": f"{name} {number} {'.' * 80}"}))
    handler.close()


def test_file_that_several_processes_fill_and_rotate_loses_no_line(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_lines, args=(tmp_path / "x.log", name, 200)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    files = [path for path in tmp_path.iterdir() if path.name.startswith("x.log") and path.suffix != ".lock"]
    lines = [line.rsplit(" ", 1)[0] for path in files for line in path.read_text().splitlines()]
    assert sorted(lines) == sorted(f"{name} {number}" for name in "abc" for number in range(200))
    assert len(files) > 10


def test_file_that_is_rotated_often_keeps_only_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    handler = SharedLogFile(str(path), most_bytes=1, kept_files=3)
    for number in range(10):
        handler.emit(logging.makeLogRecord({"msg": str(number)}))
    handler.close()
    kept = {file.name: file.read_text() for file in tmp_path.iterdir() if file.suffix != ".lock"}
    assert kept == {"x.log.1": "9\n", "x.log.2": "8\n"}
