"""Prompts for pictures in better words: what is kept letter by letter, and what is not taken from a model."""

import hashlib
from typing import Any

import pytest

from nightdesk.core.errors import Misconfigured, OperationalFault, Permanent, Throttled, Transient
from nightdesk.providers.text import refining, registry
from nightdesk.providers.text.openai_compatible.prompts import refine_1 as words
from nightdesk.providers.text.openai_compatible.refiner import ModelRefiner, render
from nightdesk.providers.text.options import TextOptions
from nightdesk.providers.text.protocol import CallRecord
from tests.contract.text.asking import KEY, Serve, everything_logged, walk_chain
from tests.support.text_server import TextServer, Wire, make_events

PROMPT = 'a red tram in the rain with the words "Open late"'
BETTER = 'A red tram gliding through evening rain, its lit sign reading "Open late", seen from the kerb.'


def refine(server: TextServer, prompt: str = PROMPT, calls: list[CallRecord] | None = None, **given: Any) -> str:
    options = TextOptions(url=server.url, key=KEY, model="asked-for")
    return ModelRefiner(options).refine(
        prompt=prompt, operation="image_generation", on_call=calls.append if calls is not None else None, **given
    )


def fail(server: TextServer, prompt: str = PROMPT, **given: Any) -> tuple[OperationalFault, list[str]]:
    calls: list[CallRecord] = []
    with everything_logged() as log, pytest.raises(OperationalFault) as caught:
        refine(server, prompt, calls, **given)
    assert KEY not in "".join(log) + str(caught.value)
    assert {type(error).__module__.split(".")[0] for error in walk_chain(caught.value)} == {"nightdesk"}
    return caught.value, [call.outcome.value for call in calls]


def test_prompt_comes_back_in_better_words_and_the_call_is_in_the_books(serve: Serve) -> None:
    server, calls = serve(BETTER), []  # type: ignore[var-annotated]

    assert refine(server, calls=calls) == BETTER

    assert [(call.prompt_version, call.outcome.value, call.tokens_in) for call in calls] == [("refine-1", "ok", 1000)]
    assert PROMPT in server.received[0].user
    assert "response_format" not in server.received[0].body


@pytest.mark.parametrize(
    "answer",
    [
        f'"{BETTER.replace(chr(34), chr(39))}"',
        f"```\n{BETTER}\n```",
        f"<think>Hm.</think>\n\n{BETTER}",
        f"{BETTER}\n\n",
    ],
    ids=["marks round the whole", "fence", "thoughts", "blank lines"],
)
def test_wrapping_of_an_answer_is_taken_off(serve: Serve, answer: str) -> None:
    better = BETTER.replace('"', "'") if answer.startswith('"') else BETTER

    assert refine(serve(answer), "a red tram" if answer.startswith('"') else PROMPT) == better


@pytest.mark.parametrize(
    "prompt",
    [
        'a sign "Open late"',
        "a sign \u201cOpen late\u201d",
        "ein Schild \u201eHeute offen\u201c",
        "une affiche \u00ab Ouvert \u00bb",
        'a sign "Open late" and a poster "Jazz"',
        '"Open late"',
    ],
)
def test_answer_that_changes_quoted_words_is_refused(serve: Serve, prompt: str) -> None:
    error, outcomes = fail(serve('A bright sign that says "Open Late" in the night.'), prompt)

    assert type(error) is Permanent
    assert "changed words in quotation marks" in str(error)
    assert outcomes == ["unusable"]


def test_apostrophes_are_no_quotation_marks(serve: Serve) -> None:
    assert refine(serve("A baker at the window of the shop."), "the baker's shop, rock 'n' roll") != ""


@pytest.mark.parametrize(
    ("answer", "says"),
    [("", "answered nothing"), ("word " * 500, "wrote too much"), ("x" * 9000, "did not come to an end")],
)
def test_answer_that_is_no_prompt_is_refused(serve: Serve, answer: str, says: str) -> None:
    error, _ = fail(serve(answer), "a tram")

    assert type(error) is Permanent
    assert says in str(error)


@pytest.mark.parametrize(
    ("react", "kind", "outcome"),
    [
        (lambda wire, _: wire.send_json(429, {}, {"Retry-After": "3"}), Throttled, "throttled"),
        (lambda wire, _: wire.send_json(500, "oops"), Transient, "failed"),
        (lambda wire, _: wire.send_json(401, {"error": {"message": KEY}}), Misconfigured, "rejected"),
        (lambda wire, _: wire.stream(make_events("half", finish=None)), Transient, "failed"),
        (lambda wire, _: wire.stream(make_events("half", finish="length")), Permanent, "truncated"),
        (lambda wire, _: wire.stream(make_events("", finish="content_filter")), Permanent, "refused"),
    ],
    ids=["rate limit", "fault", "key", "broken off", "too long", "filter"],
)
def test_fault_of_a_server_is_our_error(react: Any, kind: type[OperationalFault], outcome: str) -> None:
    with TextServer(react) as server:
        error, outcomes = fail(server)

    assert (type(error), outcomes) == (kind, [outcome])


def test_hanging_server_ends_with_the_deadline() -> None:
    def hang(wire: Wire, _received: Any) -> None:
        wire.wait_gone()

    with TextServer(hang) as server:
        error, _ = fail(server, deadline_s=0.6)

    assert type(error) is Transient


def test_cancel_stops_it() -> None:
    class Stop(BaseException):
        pass

    def hang(wire: Wire, _received: Any) -> None:
        wire.wait_gone()

    with TextServer(hang) as server:

        def stop(_percent: int, _message: str) -> None:
            if server.received:
                raise Stop

        with pytest.raises(Stop):
            refine(server, on_progress=stop)


def test_words_to_the_model_never_change_within_a_version() -> None:
    rendered = repr([render("a tram", operation, "ink", nonce="0123456789abcdef") for operation in sorted(words.TASKS)])

    assert hashlib.sha256(rendered.encode()).hexdigest()[:16] == "222129f33c6f0c39"


def test_there_is_no_refiner_without_a_model() -> None:
    before = registry.current_options()
    try:
        registry.configure(TextOptions())
        assert refining.find_refiner() is None
        registry.configure(TextOptions(key="k"))
        found = refining.find_refiner()
    finally:
        registry.configure(before)

    assert found is not None
    with pytest.raises(Misconfigured, match="NIGHTDESK_TEXT_MODEL is missing"):
        found.refine(prompt="a tram", operation="image_generation")
