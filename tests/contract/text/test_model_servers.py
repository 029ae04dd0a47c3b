"""What servers of models take and give: keys, forms of requests, answers in odd wrappings, cancels."""

import time
from collections.abc import Callable

import pytest

from nightdesk.core.errors import Misconfigured, Transient
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.openai_compatible.dialect import Rung, find_dialect
from nightdesk.providers.text.openai_compatible.writer import ModelWriter
from nightdesk.providers.text.options import Structure, TextOptions
from nightdesk.providers.text.protocol import CallRecord, PieceRequest
from tests.contract.text.asking import BRIEF, KEY, ask, assert_nothing_leaked, walk_chain
from tests.support.llama import Llama
from tests.support.processes import find_free_port
from tests.support.text_proxy import (
    Fault,
    TextProxy,
    change_text,
    drip,
    hang,
    pass_on,
    without_done,
    without_response_format,
    without_usage,
)
from tests.support.text_server import Received, TextServer, Wire, make_events


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

    assert isinstance(asked.error, Misconfigured)
    assert str(asked.error) == (
        f"{proxy.host} does not take NIGHTDESK_TEXT_STRUCTURE=json. Set it to auto, then start Nightdesk again."
    )
    assert (asked.error.setting, asked.outcomes) == ("NIGHTDESK_TEXT_STRUCTURE", ["rejected"])


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

    with pytest.raises(kind) as stopped:
        ModelWriter(options).write(PieceRequest(channel=Channel.X, brief=BRIEF), on_progress=stop, on_call=calls.append)

    assert time.monotonic() - asked_at < 2.0
    assert proxy.gone.wait(5)
    assert [call.outcome.value for call in calls] == ["stopped"]
    assert list(walk_chain(stopped.value)) == [stopped.value]  # nothing of the library's, which holds the key
