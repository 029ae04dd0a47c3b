"""The log line and the log file. Job id and kind come from structlog's context variables."""

import logging
import logging.config
import logging.handlers
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final

import structlog

from nightdesk.core.redaction import MASK, clean_text, is_secret_key, redact_text

if sys.platform != "win32":
    import fcntl

#: Five files of 10 MB a role: some days of a busy installation, and no disk is filled.
MOST_BYTES: Final = 10 * 1024 * 1024
KEPT_FILES: Final = 5

Event = MutableMapping[str, Any]


def configure(description: Mapping[str, Any]) -> None:
    """Set up stdlib logging and structlog, then say what was wrong with the settings. Django calls this once."""
    logging.config.dictConfig({key: value for key, value in description.items() if key != "warnings"})
    logging.captureWarnings(True)  # noqa: FBT003 - positional in the standard library
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    for sentence in description.get("warnings", ()):
        structlog.get_logger("nightdesk.config").warning(sentence)


def build_formatter() -> structlog.stdlib.ProcessorFormatter:
    """Build the formatter that turns any record, ours or a library's, into one `key=value` line."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared_processors(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _clean,
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "logger", "event", "job_id", "kind"],
                bool_as_flag=False,
                drop_missing=True,
            ),
        ],
    )


def _shared_processors() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _clean(_logger: object, _method: str, event: Event) -> Event:
    """Mask secrets, and keep the event on one line whatever its text holds."""
    return {_as_key(key): MASK if is_secret_key(key) else _as_value(value) for key, value in event.items()}


def _as_key(key: str) -> str:
    return "".join(letter if letter.isprintable() and letter not in ' ="' else "_" for letter in key)


def _as_value(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = redact_text(clean_text(str(value)))
    return "\n".join(text.splitlines())  # the renderer writes \n for a line feed, and only for that


class SharedLogFile(logging.handlers.WatchedFileHandler):
    """A rotated file that several processes of one role may write at once.

    The standard rotating handler assumes a single writer: a worker and its children would rotate each other's files
    away. Here each line is one appending write; whoever finds the file full rotates it under a lock, and the others
    notice that the file at their path is a new one.
    """

    def __init__(self, path: str, most_bytes: int = MOST_BYTES, kept_files: int = KEPT_FILES) -> None:
        """Open the file with its first line, not before: a process that only shows help leaves no trace."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        super().__init__(path, mode="a", encoding="utf-8", delay=True)
        self._most_bytes = most_bytes
        self._kept_files = kept_files

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, and rotate when it filled the file."""
        super().emit(record)
        try:
            if self.stream is not None and self.stream.tell() >= self._most_bytes:
                self._rotate()
        except OSError:
            self.handleError(record)

    def _rotate(self) -> None:
        path = Path(self.baseFilename)
        with path.with_name(path.name + ".lock").open("a", encoding="ascii") as lock:
            if sys.platform != "win32":
                fcntl.flock(lock, fcntl.LOCK_EX)
            if path.stat().st_size < self._most_bytes:
                return  # another process was first
            self.close()
            for number in range(self._kept_files - 1, 0, -1):
                older = path.with_name(f"{path.name}.{number}")
                newer = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
                if newer.exists():
                    newer.replace(older)
