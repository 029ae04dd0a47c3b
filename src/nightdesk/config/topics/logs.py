"""Logs: one line an event, `key=value`, to standard output and to a rotated file of the data folder."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nightdesk.config.environment import Environment
from nightdesk.config.topics.places import COMMAND_ROLE

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")

#: Talkative libraries, and the level below which they are not heard.
_QUIET: Final = {
    "amqp": "WARNING",
    "asyncio": "WARNING",
    "boto3": "WARNING",
    "botocore": "WARNING",
    "django.db.backends": "INFO",
    "django.request": "ERROR",  # 4xx are answered, not news; the access line has them
    "django.utils.autoreload": "WARNING",
    "httpcore2": "WARNING",
    "httpx2": "WARNING",
    "kombu": "WARNING",
    "numba": "WARNING",
    "PIL": "INFO",
    "pyvips": "CRITICAL",  # of a broken picture it tells line by line; what matters is raised
    "s3transfer": "WARNING",
    "urllib3": "ERROR",  # under botocore, which says itself what failed
    "openai": "WARNING",  # below that it repeats what is sent: briefs, and headers
    "uvicorn.access": "WARNING",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """How much is said, and where it is kept."""

    level: str
    path: Path
    stream: str


def read_logs(environment: Environment, *, data_dir: Path, role: str) -> Logs:
    """Read the log level; the file is `logs/<role>.log` in the data folder."""
    level = environment.topic("Installation").choice(
        "NIGHTDESK_LOG_LEVEL",
        options=LEVELS,
        default="INFO",
        meaning="Events below this level are not written.",
    )
    # The output of a command that ends, like a token, is for the next command to read.
    stream = "stderr" if role == COMMAND_ROLE else "stdout"
    return Logs(level=level, path=data_dir / "logs" / f"{role}.log", stream=stream)


def build_logging(logs: Logs) -> dict[str, Any]:
    """Describe the handlers in the form of `logging.config.dictConfig`."""
    line = {"()": "nightdesk.config.log_lines.build_formatter"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "stream": f"ext://sys.{logs.stream}", "formatter": "line"},
            "file": {"()": "nightdesk.config.log_lines.SharedLogFile", "path": str(logs.path), "formatter": "line"},
        },
        "root": {"handlers": ["console", "file"], "level": logs.level},
        "loggers": {
            # Django gives these handlers of its own; here everything goes through the root.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            **{name: {"level": _louder(level, logs.level)} for name, level in _QUIET.items()},
        },
    }


def _louder(first: str, second: str) -> str:
    numbers = logging.getLevelNamesMapping()
    return max(first, second, key=lambda name: numbers[name])
