"""The library `openai` behind a wall: a request, its stream, a reply. Nothing of the library comes out of here.

The library does not retry (`max_retries=0`): one layer, the job, owns the number of calls. Its exceptions hold the
request with the key, so they are read, dropped, and never stand behind one of ours.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx2
import openai

from nightdesk.core.redaction import clean_text
from nightdesk.providers.text.openai_compatible import faults
from nightdesk.providers.text.openai_compatible.dialect import Form
from nightdesk.providers.text.openai_compatible.faults import Answer, CallFailed, Failure
from nightdesk.providers.text.openai_compatible.prices import Tokens
from nightdesk.providers.text.openai_compatible.watch import Flooded, OutOfTime, Watch
from nightdesk.providers.text.options import TextOptions
from nightdesk.providers.wire.transport import WatchedTransport

_CONNECT_S: Final = 5.0
#: A server may be silent for half of a piece's time: a machine without a graphics card reads a long brief that long.
_SILENT_SHARE: Final = 0.5
#: What a campaign can keep of a model's name.
MOST_NAME_CHARS: Final = 100
#: What the library wants to be given where there is no key; the header that would carry it is left out.
_NO_KEY: Final = "none"

T = TypeVar("T")
#: Called with the number of characters that have come so far; returns whether that is too many.
OnText = Callable[[int], bool]


@dataclass(slots=True)
class Reply:
    """What a model answered, as far as it has come. `finish` is "" where the server never said why it ended."""

    text: str = ""
    refusal: str = ""
    finish: str = ""
    model: str = ""
    request_id: str = ""
    status: int | None = None
    tokens: Tokens = field(default_factory=Tokens)
    was_stopped: bool = False  # by us: it was longer than any answer may be


class Client:
    """A connection to one server for one piece."""

    def __init__(self, options: TextOptions, watch: Watch) -> None:
        """Connect to nothing yet."""
        self._options = options
        self._watch = watch
        self._silent_s = watch.limit_s * _SILENT_SHARE
        # What the library would otherwise look up in the environment is not ours to send on.
        headers: dict[str, Any] = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        self._request_headers: dict[str, Any] = {} if options.key else {"Authorization": openai.Omit()}
        timeout = httpx2.Timeout(self._silent_s, connect=min(_CONNECT_S, self._silent_s))
        self._http = httpx2.Client(
            transport=WatchedTransport(watch),
            timeout=timeout,
            trust_env=False,
            follow_redirects=False,
            auth=options.login if options.login and not options.key else None,
        )
        self._api = openai.OpenAI(
            api_key=options.key or _NO_KEY,
            base_url=options.base_url,
            max_retries=0,
            timeout=timeout,
            default_headers=headers,
            http_client=self._http,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def list_models(self) -> list[str]:
        """List the names of the server's models.

        Raises:
            CallFailed: it did not answer as it should.
        """
        listed = self._guard(self._list)
        entries = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(entries, list):
            raise CallFailed(faults.explain_page(self._options))
        return [str(entry["id"]) for entry in entries if isinstance(entry, dict) and entry.get("id")]

    def _list(self) -> Any:
        return self._api.models.with_raw_response.list(extra_headers=self._request_headers).http_response.json()

    def ask(
        self,
        reply: Reply,
        *,
        model: str,
        messages: list[dict[str, str]],
        form: Form,
        response_format: dict[str, Any] | None,
        token_limit: int,
        on_text: OnText,
    ) -> None:
        """Ask a model and fill `reply` while its answer comes in; what has come stays there when the call fails.

        Raises:
            CallFailed: the server or the network did not play along, or the piece's time was over.
            BaseException: whatever the caller's `on_progress` raises; the connection is closed at once.
        """
        body: dict[str, Any] = {"model": model, "messages": messages, "stream": True, form.limit_field: token_limit}
        if form.with_usage:
            body["stream_options"] = {"include_usage": True}
        if response_format is not None:
            body["response_format"] = response_format
        with ExitStack() as stack:
            chunks = self._open(reply, body, stack)
            while (chunk := self._guard(lambda: next(chunks, None))) is not None:
                before = len(reply.text)
                _take(reply, chunk)
                if len(reply.text) != before and on_text(len(reply.text)):
                    reply.was_stopped = True
                    return

    def _open(self, reply: Reply, body: dict[str, Any], stack: ExitStack) -> Iterator[Mapping[str, Any]]:
        def send() -> Iterator[Mapping[str, Any]]:
            raw = self._api.chat.completions.with_raw_response.create(**body, extra_headers=self._request_headers)
            stack.callback(raw.http_response.close)
            reply.status = raw.status_code
            reply.request_id = _read_name(raw.headers.get("x-request-id"))
            kind = raw.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "application/json":  # some servers do not stream
                return iter([_read_object(raw.http_response.read())])
            if kind != "text/event-stream":
                raise CallFailed(faults.explain_page(self._options), status=reply.status)
            return (chunk.model_dump(warnings=False) for chunk in raw.parse() if hasattr(chunk, "model_dump"))

        return self._guard(send)

    def _guard(self, step: Callable[[], T]) -> T:
        """Take one step of the library. What it raises becomes ours, with nothing of the library's behind it."""
        try:
            return step()
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, OutOfTime, Flooded) as error:
            if error is self._watch.raised:
                raise
            failed = self._explain(error)
        raise failed

    def _explain(self, error: Exception) -> CallFailed:
        if isinstance(error, openai.APIStatusError):
            status, headers = error.status_code, error.response.headers
            answer = Answer(status, headers, _read_body(error))
            failure = faults.explain_answer(answer, self._options)
            return CallFailed(failure, status=status, request_id=_read_name(headers.get("x-request-id")))
        if isinstance(error, OutOfTime):
            return CallFailed(faults.explain_lateness(self._watch.limit_s))
        if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
            return CallFailed(self._explain_waiting())
        if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
            return CallFailed(faults.explain_network(self._options))
        if isinstance(error, openai.APIError) and error.body is not None:
            return CallFailed(faults.explain_answer(Answer(None, {}, error.body), self._options))
        return CallFailed(faults.explain_garbage(self._options))

    def _explain_waiting(self) -> Failure:
        if not self._watch.left_s:
            return faults.explain_lateness(self._watch.limit_s)
        return faults.explain_silence(self._options, waited_s=self._silent_s)


def _read_body(error: openai.APIStatusError) -> Any:
    return error.body if error.body is not None else error.response.text


def _read_object(body: bytes) -> Mapping[str, Any]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 (as other bodies that are no answer)
    return value


def _take(reply: Reply, chunk: Mapping[str, Any]) -> None:
    """Add one chunk of a stream, or a whole completion, to the reply. Servers differ: nothing is taken for granted."""
    reply.model = _read_name(chunk.get("model")) or reply.model
    if isinstance(usage := chunk.get("usage"), Mapping):
        reply.tokens = _read_tokens(usage)
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, Mapping):
        return
    said = choice.get("delta") or choice.get("message")
    if isinstance(said, Mapping):
        reply.text += _read_text(said.get("content"))
        reply.refusal += _read_text(said.get("refusal"))
    reply.finish = str(choice.get("finish_reason") or reply.finish)


def _read_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _read_name(value: Any) -> str:
    """Read a name that a server gives: one line, of a bounded length; of a path only the file."""
    if not isinstance(value, str):
        return ""
    name = "".join(char for char in clean_text(value) if char.isprintable()).strip()
    return (name.rpartition("/")[2] if name.startswith("/") else name)[:MOST_NAME_CHARS]


def _read_tokens(usage: Mapping[str, Any]) -> Tokens:
    return Tokens(
        sent=_read_count(usage.get("prompt_tokens")),
        received=_read_count(usage.get("completion_tokens")),
        cached=_read_count(_inside(usage, "prompt_tokens_details").get("cached_tokens")),
        reasoning=_read_count(_inside(usage, "completion_tokens_details").get("reasoning_tokens")),
    )


def _inside(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = usage.get(name)
    return value if isinstance(value, Mapping) else {}


def _read_count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None
