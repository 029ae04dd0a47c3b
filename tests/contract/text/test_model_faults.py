"""What servers of models do wrong, in front of a real one: the right error, plain words, the books right, no secret out."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from nightdesk.core.errors import Misconfigured, OperationalFault, Permanent, Throttled, Transient
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.openai_compatible.dialect import Rung, find_dialect
from nightdesk.providers.text.openai_compatible.writer import ModelWriter
from nightdesk.providers.text.options import Structure, TextOptions
from nightdesk.providers.text.protocol import CallRecord, PieceRequest
from tests.contract.text.asking import BRIEF, Asked, ask, everything_logged, walk_chain
from tests.contract.text.conftest import KEY
from tests.support.llama import Llama
from tests.support.processes import find_free_port
from tests.support.text_proxy import (
    Fault,
    TextProxy,
    answer_with,
    change_text,
    cut,
    drip,
    end_early,
    hang,
    pass_on,
    refuse,
    without_done,
    without_response_format,
    without_usage,
)
from tests.support.text_server import Received, TextServer, Wire, make_events

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RATE = {"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}
QUOTA = {
    "error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}
}
NO_MODEL = {"error": {"message": "The model `x` does not exist", "code": "model_not_found"}}
TOO_LONG = {"error": {"message": "request exceeds the available context size", "type": "exceed_context_size_error"}}
#: What a hostile or careless server repeats of a request.
ECHO = {
    "error": {"message": f"Incorrect API key provided: {KEY}. {BRIEF}", "code": KEY, "type": "insult", "param": KEY}
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """Faults of the first requests, and what comes of them."""

    faults: list[Fault]
    error: type[OperationalFault]
    says: str
    outcomes: list[str]
    status: int | None = 200
    deadline_s: float | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def throttled(wait_s: float | None, **headers: str) -> Case:
    return Case(
        faults=[answer_with(429, RATE, **headers)],
        error=Throttled,
        says="asked us to slow down",
        outcomes=["throttled"],
        status=429,
        attributes={"retry_after_s": wait_s},
    )


CASES = {
    "rate limit, seconds": throttled(7.0, Retry_After="7"),
    "rate limit, date": throttled(
        90.0,
        Retry_After=format_datetime(NOW + timedelta(seconds=90), usegmt=True),
        Date=format_datetime(NOW, usegmt=True),
    ),
    "rate limit, milliseconds": throttled(1.5, retry_after_ms="1500", Retry_After="60"),
    "rate limit, silent": throttled(None),
    "quota": Case(
        faults=[answer_with(429, QUOTA, Retry_After="7")],
        error=Permanent,
        says="is out of quota. Check its billing",
        outcomes=["quota"],
        status=429,
    ),
    "quota, as a payment": Case(
        faults=[answer_with(402, {"error": {"message": "Insufficient credits", "code": 402}})],
        error=Permanent,
        says="is out of quota",
        outcomes=["quota"],
        status=402,
    ),
    "fault of the server": Case(
        faults=[answer_with(500, "Internal Server Error", Content_Type="text/plain")],
        error=Transient,
        says="failed (HTTP 500). It will be tried again.",
        outcomes=["failed"],
        status=500,
    ),
    "overloaded, with a wish": Case(
        faults=[answer_with(503, {"detail": "busy"}, Retry_After="3")],
        error=Throttled,
        says="failed (HTTP 503)",
        outcomes=["failed"],
        status=503,
        attributes={"retry_after_s": 3.0},
    ),
    "hang": Case(
        faults=[hang], error=Transient, says="sent nothing for 1 s", outcomes=["failed"], status=None, deadline_s=2
    ),
    "drip of comments": Case(
        faults=[drip(b": still here\n\n")],
        error=Transient,
        says="did not finish within 1 s",
        outcomes=["stopped"],
        deadline_s=1,
    ),
    "drip of text": Case(
        faults=[drip(b'data: {"choices":[{"delta":{"content":" "}}]}\n\n')],
        error=Transient,
        says="did not finish within 1 s",
        outcomes=["stopped"],
        deadline_s=1,
    ),
    "drip of headers": Case(
        faults=[drip(b"x-slow: 1\r\n", with_head=False)],
        error=Transient,
        says="did not finish within 1 s",
        outcomes=["stopped"],
        status=None,
        deadline_s=1,
    ),
    "refusal": Case(faults=[refuse], error=Permanent, says="refused to write this piece", outcomes=["refused"]),
    "filtered": Case(
        faults=[change_text(lambda text: text[:20], finish="content_filter")],
        error=Permanent,
        says="refused to write this piece",
        outcomes=["refused"],
    ),
    "cut off twice": Case(
        faults=[change_text(lambda text: text[: len(text) // 2], finish="length")] * 2,
        error=Permanent,
        says="was cut off twice while it wrote LinkedIn",
        outcomes=["truncated", "truncated"],
    ),
    "never JSON": Case(
        faults=[change_text(lambda _: "Here is a poem instead.")] * 2,
        error=Permanent,
        says="twice gave no piece for LinkedIn that can be read",
        outcomes=["unusable", "unusable"],
    ),
    "gone in the middle": Case(faults=[cut], error=Transient, says="The connection to", outcomes=["failed"]),
    "ended in the middle": Case(faults=[end_early], error=Transient, says="was broken off", outcomes=["failed"]),
    "garbage in the stream": Case(
        faults=[lambda _proxy, wire, _received: wire.stream(["{not json"])],
        error=Transient,
        says="cannot be read",
        outcomes=["failed"],
    ),
    "error in the stream": Case(
        faults=[lambda _proxy, wire, _received: wire.stream([{"error": {"message": BRIEF, "code": 500}}])],
        error=Transient,
        says="failed. It will be tried again.",
        outcomes=["failed"],
    ),
    "rate limit in the stream": Case(
        faults=[lambda _proxy, wire, _received: wire.stream([RATE])],
        error=Throttled,
        says="asked us to slow down",
        outcomes=["throttled"],
        attributes={"retry_after_s": None},
    ),
    "unknown model": Case(
        faults=[answer_with(404, NO_MODEL)],
        error=Misconfigured,
        says="has no model 'tiny.gguf' (HTTP 404, model_not_found). Set NIGHTDESK_TEXT_MODEL",
        outcomes=["rejected"],
        status=404,
        attributes={"setting": "NIGHTDESK_TEXT_MODEL"},
    ),
    "wrong address": Case(
        faults=[answer_with(404, "Not Found", Content_Type="text/plain")],
        error=Misconfigured,
        says="does not answer like an OpenAI-compatible server (HTTP 404). Set NIGHTDESK_TEXT_URL",
        outcomes=["rejected"],
        status=404,
        attributes={"setting": "NIGHTDESK_TEXT_URL"},
    ),
    "a web page": Case(
        faults=[answer_with(200, "<html>Welcome</html>", Content_Type="text/html")],
        error=Misconfigured,
        says="does not answer like an OpenAI-compatible server",
        outcomes=["rejected"],
        attributes={"setting": "NIGHTDESK_TEXT_URL"},
    ),
    "elsewhere": Case(
        faults=[answer_with(307, "", Location="http://127.0.0.1:9/v1/chat/completions")],
        error=Misconfigured,
        says="does not answer like an OpenAI-compatible server (HTTP 307)",
        outcomes=["rejected"],
        status=307,
        attributes={"setting": "NIGHTDESK_TEXT_URL"},
    ),
    "too long for the model": Case(
        faults=[answer_with(400, TOO_LONG)],
        error=Permanent,
        says="The brief is too long for this model",
        outcomes=["rejected"],
        status=400,
    ),
    "refused for something else": Case(
        faults=[answer_with(400, {"error": {"message": "no", "code": "invalid_value"}})],
        error=Permanent,
        says="refused the request (HTTP 400, invalid_value)",
        outcomes=["rejected"],
        status=400,
    ),
    "forbidden, with an echo": Case(
        faults=[answer_with(403, ECHO)],
        error=Misconfigured,
        says="refused the key (HTTP 403). Set NIGHTDESK_TEXT_KEY",
        outcomes=["rejected"],
        status=403,
        attributes={"setting": "NIGHTDESK_TEXT_KEY"},
    ),
    "bad request, with an echo": Case(
        faults=[answer_with(400, ECHO)],
        error=Permanent,
        says="refused the request (HTTP 400)",
        outcomes=["rejected"],
        status=400,
    ),
    "quota, with an echo in a header": Case(
        faults=[answer_with(500, ECHO, X_Debug=KEY)],
        error=Transient,
        says="failed (HTTP 500)",
        outcomes=["failed"],
        status=500,
    ),
}


@pytest.fixture
def options(proxy: TextProxy, llama: Llama) -> TextOptions:
    """Give the settings that lead through the proxy."""
    return TextOptions(url=proxy.url, key=KEY, model=llama.model)


def assert_nothing_leaked(asked: Asked) -> None:
    said = asked.everything_said()
    assert KEY not in said
    assert BRIEF not in (str(asked.error) if asked.error else "")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_fault_becomes_our_error(options: TextOptions, proxy: TextProxy, case: Case) -> None:
    proxy.plan(*case.faults)

    with everything_logged() as log:
        asked = ask(options, deadline_s=case.deadline_s)
    asked.log = log

    assert (type(asked.error), asked.outcomes) == (case.error, case.outcomes)
    assert case.says in str(asked.error)
    assert {name: getattr(asked.error, name) for name in case.attributes} == case.attributes
    assert [call.http_status for call in asked.calls] == [case.status] * len(case.outcomes)
    assert_nothing_leaked(asked)
    assert asked.error is not None
    assert {type(error).__module__.split(".")[0] for error in walk_chain(asked.error)} <= {"nightdesk"}
    assert len(proxy.received) == len(case.outcomes)
    assert proxy.errors == []


def test_key_that_is_wrong_is_a_setting_to_mend(llama: Llama) -> None:
    wrong = f"{KEY}-not"
    asked = ask(TextOptions(url=llama.url, key=wrong, model=llama.model))

    assert isinstance(asked.error, Misconfigured)
    assert asked.error.setting == "NIGHTDESK_TEXT_KEY"
    assert asked.outcomes == ["rejected"]
    assert wrong not in asked.everything_said()


def test_server_that_is_not_there_is_tried_again_later() -> None:
    port = find_free_port()
    asked = ask(TextOptions(url=f"http://ann:{KEY}@127.0.0.1:{port}", model="x"))

    assert type(asked.error) is Transient
    assert str(asked.error).startswith(f"The connection to 127.0.0.1:{port} failed.")
    assert_nothing_leaked(asked)


def test_user_name_in_the_address_goes_to_the_server_and_nowhere_else(honest_server: TextServer) -> None:
    honest_server.forget()
    asked = ask(TextOptions(url=honest_server.url.replace("//", f"//ann:{KEY}@"), model="x"))

    assert asked.error is None
    assert honest_server.received[0].headers["authorization"].startswith("Basic ")
    assert asked.calls[0].provider == honest_server.host
    assert_nothing_leaked(asked)


def test_no_authorization_is_sent_where_there_is_no_key(honest_server: TextServer) -> None:
    honest_server.forget()
    ask(TextOptions(url=honest_server.url, model="x"))

    assert "authorization" not in honest_server.received[0].headers


USABLE: dict[str, list[Fault]] = {
    "as it is": [pass_on],
    "in a code fence": [change_text(lambda text: f"```json\n{text}\n```")],
    "with prose around": [change_text(lambda text: f"Of course {{really}}!\n{text}\nI hope {{this}} helps.")],
    "after thoughts": [change_text(lambda text: f'<think>Maybe {{"intro": "x"}}?</think>{text}')],
    "without a last word": [without_done],
}


@pytest.mark.parametrize("faults", USABLE.values(), ids=USABLE)
def test_answer_is_read_out_of_what_stands_around_it(
    options: TextOptions, proxy: TextProxy, faults: list[Fault]
) -> None:
    proxy.plan(*faults)

    asked = ask(options)

    assert (asked.error, asked.outcomes) == (None, ["ok"])
    assert asked.calls[0].tokens_in is not None
    assert asked.calls[0].tokens_out is not None


def test_usage_that_is_missing_is_unknown_and_never_nothing(options: TextOptions, proxy: TextProxy) -> None:
    proxy.plan(without_usage)

    [call] = ask(options).calls

    assert (call.tokens_in, call.tokens_out, call.cost_micros, call.currency) == (None, None, None, "")


def test_answer_that_was_cut_off_is_asked_for_again(options: TextOptions, proxy: TextProxy) -> None:
    proxy.plan(change_text(lambda text: text[: len(text) // 2], finish="length"))

    asked = ask(options)

    assert (asked.error, asked.outcomes) == (None, ["truncated", "ok"])
    assert "It was cut off because it was too long." in proxy.received[1].last


def test_answer_that_is_not_streamed_is_read_all_the_same(options: TextOptions, proxy: TextProxy) -> None:
    def answer_at_once(proxy: TextProxy, wire: Wire, received: Received) -> None:
        received.body["stream"] = False
        received.body.pop("stream_options")
        pass_on(proxy, wire, received)

    proxy.plan(answer_at_once)

    asked = ask(options)

    assert (asked.error, asked.outcomes) == (None, ["ok"])


def test_server_that_refuses_response_format_is_asked_in_words_and_remembered(
    proxy: TextProxy,
) -> None:
    options = TextOptions(url=proxy.url, key=KEY, model="plain")
    proxy.plan(*[without_response_format] * 3, answer_in_shape)

    asked = ask(options)
    proxy.plan(answer_in_shape)
    again = ask(options)

    assert asked.outcomes == ["rejected", "rejected", "rejected", "ok"]
    assert again.outcomes == ["ok"]
    assert find_dialect(options).form.rung == Rung.PROMPT
    assert "The JSON object follows this JSON Schema:" in proxy.received[0].system


IN_SHAPE = '{"intro": "A rusk.", "headline": "Rusk", "description": "It keeps."}'


def answer_in_shape(_proxy: TextProxy, wire: Wire, _received: Received) -> None:
    """Give what a random model never writes without being held to it."""
    wire.stream(make_events(IN_SHAPE))


@pytest.mark.parametrize(
    ("refused", "said", "left_out"),
    [
        ("stream_options", "Unknown parameter: stream_options", "stream_options"),
        ("max_tokens", "Use max_completion_tokens instead of max_tokens", "max_tokens"),
    ],
)
def test_part_of_a_request_that_is_refused_is_left_out(refused: str, said: str, left_out: str) -> None:
    def react(wire: Wire, received: Received) -> None:
        if refused in received.body:
            wire.send_json(400, {"error": {"message": said, "param": refused}})
        else:
            wire.stream(make_events(IN_SHAPE))

    with TextServer(react) as server:
        asked = ask(TextOptions(url=server.url, model="x"))

        assert asked.outcomes == ["rejected", "ok"]
        assert left_out not in server.received[-1].body


def test_shape_that_is_set_and_not_taken_is_an_error(proxy: TextProxy, llama: Llama) -> None:
    proxy.plan(*[without_response_format] * 4)

    asked = ask(TextOptions(url=proxy.url, key=KEY, model=llama.model, structure=Structure.JSON))

    assert (type(asked.error), asked.outcomes) == (Permanent, ["rejected"])


def test_only_model_of_a_server_is_asked_without_a_name(proxy: TextProxy, honest_server: TextServer) -> None:
    honest_server.forget()

    asked = ask(TextOptions(url=honest_server.url))

    assert [call.model_asked for call in asked.calls] == honest_server.models


@pytest.mark.parametrize("models", [[], ["one", "two"]])
def test_model_must_be_named_where_there_is_not_exactly_one(models: list[str]) -> None:
    with TextServer(lambda wire, _: wire.stream(make_events(IN_SHAPE)), models=models) as server:
        asked = ask(TextOptions(url=server.url))

    assert isinstance(asked.error, Misconfigured)
    assert asked.error.setting == "NIGHTDESK_TEXT_MODEL"
    assert asked.calls == []


class Stopped(BaseException):
    """What the engine raises, by kind: nothing that `except Exception` catches."""


class PlainStop(ValueError):
    """Looks like what a broken answer raises."""


FOREVER: dict[str, Callable[[], Fault]] = {
    "silence": lambda: hang,
    "comments": lambda: drip(b": still here\n\n"),
    "text": lambda: drip(b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'),
}


@pytest.mark.parametrize("kind", [Stopped, PlainStop])
@pytest.mark.parametrize("fault", FOREVER.values(), ids=FOREVER)
def test_cancel_closes_the_connection_at_once(
    options: TextOptions, proxy: TextProxy, fault: Callable[[], Fault], kind: type[BaseException]
) -> None:
    proxy.plan(fault())
    calls: list[CallRecord] = []
    asked_at = time.monotonic()

    def stop(_percent: int, _message: str) -> None:
        if time.monotonic() - asked_at > 0.3:
            raise kind

    with pytest.raises(kind):
        ModelWriter(options).write(PieceRequest(channel=Channel.X, brief=BRIEF), on_progress=stop, on_call=calls.append)

    assert time.monotonic() - asked_at < 2.0
    assert proxy.gone.wait(5)
    assert [call.outcome.value for call in calls] == ["stopped"]
