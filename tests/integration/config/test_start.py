"""How a process starts with good and with bad settings, seen from outside."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOAD = "from nightdesk.config.startup import start; start(); start()"


def run(
    environment: dict[str, str], data_dir: Path, *command: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    environment = {**environment, "NIGHTDESK_DATA_DIR": str(data_dir), **settings}
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    "command",
    [
        ("-c", LOAD),
        ("manage.py", "check"),
        ("-m", "celery", "-A", "nightdesk", "inspect", "ping"),
        ("-m", "uvicorn", "nightdesk.asgi:application"),
    ],
    ids=["startup", "manage.py", "celery", "uvicorn"],
)
def test_bad_setting_stops_every_entry_point_with_one_sentence(
    clean_environment: dict[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = run(clean_environment, tmp_path / "data", *command, DATABASE_URL="mysql://ann:hunter2@db/desk")
    sentence = "DATABASE_URL must begin with postgres:// or sqlite://. No other database is supported."
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Nightdesk cannot start: {sentence}\n")
    assert not (tmp_path / "data").exists()


def test_decided_setting_is_one_line_in_the_log(clean_environment: dict[str, str], tmp_path: Path) -> None:
    done = run(clean_environment, tmp_path, "-c", LOAD, CELERY_TASK_ACKS_LATE="true", NIGHTDESK_ROLE="worker")
    (line,) = done.stdout.splitlines()
    assert line == (tmp_path / "logs" / "worker.log").read_text().strip()
    sentence = "CELERY_TASK_ACKS_LATE is set and changes nothing: messages are only doorbells: a lost one is rung again. Remove it."
    assert line.endswith(f'level=warning logger=nightdesk.config event="{sentence}"')


def test_start_without_any_setting_keeps_keys_and_says_nothing(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    done = run(clean_environment, tmp_path, "-c", LOAD)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "encryption.keys",
        "logs",
        "secret.key",
        "uploads",
    ]


def test_data_folder_of_the_command_line_wins(clean_environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        f"from pathlib import Path; from nightdesk.config.startup import start; start(data_dir=Path({str(tmp_path)!r}))"
    )
    done = run(
        clean_environment,
        tmp_path / "other",
        "-c",
        f"{code}\nfrom django.conf import settings; print(settings.DATA_DIR)",
    )
    assert done.stdout == f"{tmp_path}\n"
    assert not (tmp_path / "other").exists()


FIND_WRITER = (
    f"{LOAD}\nimport sys\nfrom nightdesk.providers.text.registry import describe_writers, find_writer\n"
    "print(find_writer().name, [status.detail for status in describe_writers() if status.is_used], 'openai' in sys.modules)"
)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "template ['Arranges the sentences of the brief. Needs no key and no model.'] False\n"),
        (
            {"NIGHTDESK_TEXT_URL": "http://ann:hunter2@localhost:8080", "NIGHTDESK_TEXT_MODEL": "m-1"},
            "openai ['m-1 on localhost:8080.'] False\n",
        ),
    ],
)
def test_writer_is_chosen_by_the_settings_and_its_library_waits_for_the_first_piece(
    clean_environment: dict[str, str], tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    done = run(clean_environment, tmp_path, "-c", FIND_WRITER, **settings)
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
