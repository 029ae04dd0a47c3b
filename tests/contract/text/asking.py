"""Ask a model writer for one piece and keep everything that came of it."""

import logging
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nightdesk.config.topics.logs import Logs, build_logging
from nightdesk.core.errors import OperationalFault
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.openai_compatible.writer import ModelWriter
from nightdesk.providers.text.options import TextOptions
from nightdesk.providers.text.protocol import BrandVoice, CallRecord, OnProgress, PieceDraft, PieceRequest
from tests.support.text_server import TextServer

#: The only secret that a test hands to a server: it must appear nowhere else.
KEY = "nd-test-4f1d8c27b95e60a3d7f2"
#: Says something that no message of ours says by itself: found elsewhere, it has leaked out of the prompt.
BRIEF = "Zwieback Quirin 4711 is a rusk that keeps for two years."

LINKEDIN = {"intro": "A rusk for the long way home.", "headline": "It keeps", "description": "Two years in a tin."}

Serve = Callable[..., TextServer]


@dataclass
class Asked:
    """A piece or an error, the calls in the books, and whatever was logged on the way."""

    draft: PieceDraft | None = None
    error: OperationalFault | None = None
    calls: list[CallRecord] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the piece, which there must be."""
        assert self.draft is not None, self.error
        return self.draft.fields

    @property
    def outcomes(self) -> list[str]:
        """How the calls ended."""
        return [call.outcome.value for call in self.calls]

    def everything_said(self) -> str:
        """Write out all that could be stored, logged or shown of it, with every error in the chain and what it holds."""
        said = [*self.log, repr(self.draft), *(call.model_dump_json() for call in self.calls)]
        if self.error is not None:
            said += traceback.format_exception(self.error)
            for error in walk_chain(self.error):
                said += [repr(error), str(error), repr(error.args), *write_out(vars(error))]
        return "\n".join(said)


def walk_chain(error: BaseException) -> Iterator[BaseException]:
    """Give an error and everything behind it, also what `from None` only hides."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is not None and current not in seen:
            seen.append(current)
            waiting += [current.__cause__, current.__context__]
    yield from seen


def write_out(value: Any, depth: int = 6) -> Iterator[str]:
    """Write out an object with whatever hangs on it: an exception of a library holds its request, and that its headers."""
    yield repr(value)
    if depth == 0 or isinstance(value, str | bytes | int | float | None):
        return
    inner = value.items() if isinstance(value, dict) else vars(value).items() if hasattr(value, "__dict__") else ()
    for _, held in inner:
        yield from write_out(held, depth - 1)
    if type(value).__name__ == "Headers":
        yield repr(list(value.raw))


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Collect every record, at the most talkative level that an operator can set."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name} {record.getMessage()} {record.__dict__!r}")

    levels = build_logging(Logs(level="DEBUG", path=Path(os.devnull), stream="stdout"))["loggers"]
    wanted = {"": "DEBUG", **{name: given["level"] for name, given in levels.items() if "level" in given}}
    before = {name: logging.getLogger(name).level for name in wanted}
    collector = Collector()
    logging.getLogger().addHandler(collector)
    for name, level in wanted.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(collector)
        for name, number in before.items():
            logging.getLogger(name).setLevel(number)


def ask(
    options: TextOptions,
    channel: Channel = Channel.LINKEDIN,
    *,
    brief: str = BRIEF,
    on_progress: OnProgress | None = None,
    deadline_s: float | None = None,
    brand: BrandVoice | None = None,
    **fields: Any,
) -> Asked:
    """Ask for one piece; an operational fault is kept, anything else is raised."""
    asked = Asked()
    request = PieceRequest(channel=channel, brief=brief, brand=brand, **fields)
    try:
        asked.draft = ModelWriter(options).write(
            request, on_progress=on_progress, on_call=asked.calls.append, deadline_s=deadline_s
        )
    except OperationalFault as error:
        asked.error = error
    return asked


def assert_nothing_leaked(asked: Asked) -> None:
    said = asked.everything_said()
    assert KEY not in said
    assert BRIEF not in (str(asked.error) if asked.error else "")


def ask_server(server: TextServer, channel: Channel = Channel.LINKEDIN, **fields: Any) -> Asked:
    """Ask a stand-in's model for a piece, and make sure that the stand-in itself did well."""
    asked = ask(TextOptions(url=server.url, model="asked-for"), channel, **fields)
    assert server.errors == []
    return asked
