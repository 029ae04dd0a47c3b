"""What vendors and networks do wrong: the right error, plain words, no secret out, and nothing bought twice."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from nightdesk.core.errors import Misconfigured, NightdeskError, OutcomeUnknown, Permanent, Throttled, Transient
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Operation
from tests.contract.images.asking import PROMPT, ask, make_request
from tests.contract.images.setups import comfyui_options, openai_options, replicate_options
from tests.contract.text.asking import walk_chain
from tests.support.image_vendors import ComfyUIServer, OpenAIServer, ReplicateServer
from tests.support.image_work import StandInWork
from tests.support.vendor_server import (
    KEY,
    Fault,
    VendorServer,
    cut,
    hang,
    honest_but,
    lose_answer,
    make_bomb,
    say,
    send_raw,
)

_HOSTED = "nightdesk.providers.images.hosted"
GENERATORS = {
    "openai": f"{_HOSTED}.openai.providers:OpenAIGenerator",
    "replicate": f"{_HOSTED}.replicate.providers:ReplicateGenerator",
    "comfyui": f"{_HOSTED}.comfyui.providers:ComfyUIGenerator",
}
#: The route of the request that costs something.
PAID = {"openai": "generate", "replicate": "create", "comfyui": "create"}

MODERATED = {
    "error": {"message": f"Your request was rejected by the safety system. {PROMPT}", "code": "moderation_blocked"}
}
#: What a hostile or careless vendor repeats of a request.
ECHO = {
    "error": {"message": f"Incorrect API key provided: {KEY}", "code": KEY, "type": KEY},
    "detail": KEY,
    "title": KEY,
}
GARBAGE = base64.b64encode(b"this is no picture at all").decode()
BOMB = base64.b64encode(make_bomb()).decode()


def hand_over(**entry: Any) -> Fault:
    return say(200, {"created": 1, "data": [entry]})


def empty_out(body: Any) -> Any:
    return {name: {**entry, "outputs": {"3": {"text": ["done"]}}} for name, entry in body.items()}


def end_as(status: str, error: str | None = None, output: Any = None) -> Fault:
    given = {"status": status, "error": error, "output": output}
    return honest_but(lambda body: {**body, **given})


@dataclass(frozen=True, kw_only=True)
class Case:
    """Faults of a route, and what comes of them. `paid`: how often the request was made that costs something."""

    vendor: str
    route: str
    faults: list[Fault]
    error: type[NightdeskError]
    says: str
    limit_s: float | None = None
    paid: int = 1
    attributes: dict[str, Any] = field(default_factory=dict)


def openai(*faults: Fault, error: type[NightdeskError], says: str, **given: Any) -> Case:
    return Case(vendor="openai", route="generate", faults=list(faults), error=error, says=says, **given)


def replicate(route: str, *faults: Fault, error: type[NightdeskError], says: str, **given: Any) -> Case:
    return Case(vendor="replicate", route=route, faults=list(faults), error=error, says=says, **given)


def comfyui(route: str, *faults: Fault, error: type[NightdeskError], says: str, **given: Any) -> Case:
    return Case(vendor="comfyui", route=route, faults=list(faults), error=error, says=says, **given)


CASES = {
    "openai, rate limit": openai(
        say(429, {"error": {"code": "rate_limit_exceeded"}}, Retry_After="7"),
        error=Throttled,
        says="asked us to slow down. It will be tried again in 7 s.",
        attributes={"retry_after_s": 7.0},
    ),
    "openai, quota": openai(
        say(429, {"error": {"code": "insufficient_quota"}}, Retry_After="7"),
        error=Permanent,
        says="has no credit left. Check its billing",
    ),
    "openai, payment": openai(say(402, {}), error=Permanent, says="has no credit left"),
    "openai, own fault": openai(say(500, "oops"), error=Transient, says="failed (HTTP 500). It will be tried again."),
    "openai, overloaded": openai(
        say(503, {}, Retry_After="3"), error=Throttled, says="failed (HTTP 503)", attributes={"retry_after_s": 3.0}
    ),
    "openai, gateway": openai(
        say(504, "timeout"), error=OutcomeUnknown, says="nobody knows whether the picture was made"
    ),
    "openai, reset in the body": openai(cut, error=OutcomeUnknown, says="nobody knows whether the picture was made"),
    "openai, hang": openai(hang, error=OutcomeUnknown, says="did not answer within 1 s. Nobody knows", limit_s=11),
    "openai, key refused, with an echo": openai(
        say(401, ECHO, X_Debug=KEY),
        error=Misconfigured,
        says="refused the key (HTTP 401). Set NIGHTDESK_IMAGE_KEY",
        attributes={"setting": "NIGHTDESK_IMAGE_KEY"},
    ),
    "openai, no such model": openai(
        say(404, {"error": {"code": "model_not_found", "message": "The model does not exist"}}),
        error=Misconfigured,
        says="does not have this model (HTTP 404). Set NIGHTDESK_IMAGE_MODEL",
    ),
    "openai, another server": openai(
        say(200, "<html>Welcome</html>"), error=Misconfigured, says="Check that NIGHTDESK_IMAGE_URL is its address"
    ),
    "openai, elsewhere": openai(
        say(307, "", Location="http://127.0.0.1:9/"), error=Misconfigured, says="does not answer as expected (HTTP 307)"
    ),
    "openai, refused by its rules": openai(
        say(400, MODERATED), error=Permanent, says="refused this because of its rules about content"
    ),
    "openai, taken away by a filter": openai(say(200, {"data": []}), error=Permanent, says="sent no picture"),
    "openai, bad request with an echo": openai(
        say(400, ECHO), error=Permanent, says="refused the request (HTTP 400). Trying again will not help"
    ),
    "openai, garbage": openai(hand_over(b64_json=GARBAGE), error=Permanent, says="is no picture that can be used"),
    "openai, no base64": openai(hand_over(b64_json="%%%"), error=Permanent, says="is no base64"),
    "openai, bomb": openai(hand_over(b64_json=BOMB), error=Permanent, says="is no picture that can be used"),
    "openai, private address": openai(
        hand_over(url="http://127.0.0.1/secret.png"), error=Permanent, says="is at an address that is not on the public"
    ),
    "openai, another port of its own host": openai(
        hand_over(url="http://127.0.0.1:9/secret.png"),
        error=Permanent,
        says="is at an address that is not on the public",
    ),
    "openai, file address": openai(
        hand_over(url="file:///etc/passwd"), error=Permanent, says="is at an address that is not on the public"
    ),
    "replicate, rate limit": replicate(
        "create",
        say(429, {"detail": "Request was throttled."}, Retry_After="30"),
        error=Throttled,
        says="asked us to slow down",
        attributes={"retry_after_s": 30.0},
    ),
    "replicate, own fault": replicate("create", say(500, ECHO), error=Transient, says="failed (HTTP 500)"),
    "replicate, gateway": replicate(
        "create", say(502, "bad"), error=OutcomeUnknown, says="answer of Replicate was lost"
    ),
    "replicate, payment": replicate("create", say(402, ECHO), error=Permanent, says="has no credit left"),
    "replicate, key refused": replicate(
        "model", say(401, ECHO), error=Misconfigured, says="Set NIGHTDESK_REPLICATE_KEY", paid=0
    ),
    "replicate, no such model": replicate(
        "model",
        say(404, {"detail": "The requested model could not be found."}),
        error=Misconfigured,
        says="Set NIGHTDESK_REPLICATE_GENERATION_MODEL",
        paid=0,
    ),
    "replicate, model without inputs": replicate(
        "model", say(200, {"latest_version": {"id": "v"}}), error=Misconfigured, says="describes no inputs", paid=0
    ),
    "replicate, model that wants more": replicate(
        "model",
        honest_but(lambda body: _require(body, "lora_weights")),
        error=Misconfigured,
        says="wants an input 'lora_weights', which we do not have",
        paid=0,
    ),
    "replicate, refused by its rules": replicate(
        "look", end_as("failed", f"NSFW content detected. {PROMPT}"), error=Permanent, says="rules about content"
    ),
    "replicate, failed": replicate(
        "look", end_as("failed", KEY), error=Permanent, says="The model failed at Replicate"
    ),
    "replicate, out of memory": replicate(
        "look", end_as("failed", "CUDA out of memory"), error=Permanent, says="ran out of memory"
    ),
    "replicate, never began": replicate("look", end_as("aborted"), error=Permanent, says="this is not charged"),
    "replicate, called off there": replicate(
        "look", end_as("canceled"), error=Permanent, says="was cancelled at Replicate"
    ),
    "replicate, no output": replicate("look", end_as("succeeded"), error=Permanent, says="holds no picture"),
    "replicate, garbage": replicate(
        "output", send_raw(b"<svg/>"), error=Permanent, says="is no picture that can be used"
    ),
    "replicate, bomb": replicate(
        "output", send_raw(make_bomb()), error=Permanent, says="is no picture that can be used"
    ),
    "replicate, private address": replicate(
        "look",
        end_as("succeeded", output=["http://169.254.169.254/latest/meta-data"]),
        error=Permanent,
        says="is at an address that is not on the public internet",
    ),
    "replicate, sent on to a private address": replicate(
        "output",
        say(302, "", Location="http://[::1]/secret.png"),
        error=Permanent,
        says="is at an address that is not on the public internet",
    ),
    "replicate, output gone": replicate("output", say(404, ""), error=Permanent, says="does not give the file out"),
    "comfyui, workflow refused": comfyui(
        "create",
        say(400, {"error": {"type": "prompt_outputs_failed_validation", "message": KEY}, "node_errors": {}}),
        error=Permanent,
        says="does not take the workflow",
    ),
    "comfyui, another server": comfyui("queue", say(200, "hello"), error=Misconfigured, says="NIGHTDESK_COMFYUI_URL"),
    "comfyui, node failed": comfyui(
        "history_of",
        honest_but(lambda body: _fail(body, "execution_error")),
        error=Permanent,
        says="A node of the workflow",
    ),
    "comfyui, interrupted there": comfyui(
        "history_of",
        honest_but(lambda body: _fail(body, "execution_interrupted")),
        error=Permanent,
        says="was interrupted",
    ),
    "comfyui, no picture": comfyui(
        "history_of", honest_but(empty_out), error=Permanent, says="the workflow saves none"
    ),
    "comfyui, garbage": comfyui("view", send_raw(b"GIF89a"), error=Permanent, says="is no picture that can be used"),
}


def _require(body: Any, name: str) -> Any:
    inputs = body["latest_version"]["openapi_schema"]["components"]["schemas"]["Input"]
    changed = {**inputs, "required": [name]}
    schema = {"components": {"schemas": {"Input": changed}}}
    return {**body, "latest_version": {"id": "v", "openapi_schema": schema}}


def _fail(body: Any, kind: str) -> Any:
    status = {"status_str": "error", "completed": False, "messages": [[kind, {"exception_message": KEY}]]}
    return {name: {**entry, "outputs": {}, "status": status} for name, entry in body.items()}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def connect(vendor: str, stack: ExitStack) -> tuple[VendorServer, ImageOptions]:
    match vendor:
        case "openai":
            openai_server = stack.enter_context(OpenAIServer())
            return openai_server, openai_options(openai_server)
        case "replicate":
            replicate_server = stack.enter_context(ReplicateServer())
            return replicate_server, replicate_options(replicate_server)
        case _:
            comfyui_server = stack.enter_context(ComfyUIServer())
            return comfyui_server, comfyui_options(comfyui_server)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_fault_becomes_our_error(case: Case, stack: ExitStack) -> None:
    server, options = connect(case.vendor, stack)
    server.plan(case.route, *case.faults)

    asked = ask(GENERATORS[case.vendor], options, make_request(Operation.GENERATION), StandInWork(limit_s=case.limit_s))

    assert type(asked.error) is case.error, asked.error
    assert case.says in str(asked.error)
    assert PROMPT not in str(asked.error)
    assert {name: getattr(asked.error, name) for name in case.attributes} == case.attributes
    assert {type(error).__module__.split(".")[0] for error in walk_chain(asked.error)} == {"nightdesk"}
    assert server.count(PAID[case.vendor]) == case.paid
    assert (asked.work.open_effects != []) == (case.error is OutcomeUnknown)
    assert server.errors == []


@pytest.mark.parametrize("vendor", GENERATORS)
def test_server_that_is_not_there_is_tried_again(vendor: str, stack: ExitStack) -> None:
    with ExitStack() as short:
        _, options = connect(vendor, short)

    asked = ask(GENERATORS[vendor], options, make_request(Operation.GENERATION))

    assert type(asked.error) is Transient
    assert "cannot be reached. It will be tried again" in str(asked.error)
    assert asked.work.open_effects == []


def test_vendor_that_fails_now_and_then_while_it_works_is_forgiven(stack: ExitStack) -> None:
    server, options = connect("replicate", stack)
    server.plan("look", say(500, ECHO), cut)

    asked = ask(GENERATORS["replicate"], options, make_request(Operation.GENERATION))

    assert asked.error is None
    assert (server.count("create"), server.count("look")) == (1, 3)


@pytest.mark.parametrize("is_old", [False, True])
def test_lost_answer_of_comfyui_is_looked_for_in_its_queue(is_old: bool, stack: ExitStack) -> None:
    server = stack.enter_context(ComfyUIServer(is_old=is_old))
    server.plan("create", lose_answer)

    asked = ask(GENERATORS["comfyui"], comfyui_options(server), make_request(Operation.GENERATION))

    assert asked.error is None
    assert server.count("create") == 1


def test_request_that_comfyui_never_got_is_tried_again(stack: ExitStack) -> None:
    server, options = connect("comfyui", stack)
    server.plan("create", cut)

    asked = ask(GENERATORS["comfyui"], options, make_request(Operation.GENERATION))

    assert type(asked.error) is Transient
    assert asked.work.open_effects == []


def test_lost_answer_of_replicate_is_looked_for_in_its_list(stack: ExitStack) -> None:
    server, options = connect("replicate", stack)
    server.plan("create", lose_answer)

    asked = ask(GENERATORS["replicate"], options, make_request(Operation.GENERATION))

    assert asked.error is None
    assert server.count("create") == 1


def test_prediction_of_another_request_is_not_taken_for_ours(stack: ExitStack) -> None:
    server, options = connect("replicate", stack)
    ask(GENERATORS["replicate"], options, make_request(Operation.GENERATION))
    server.plan("create", cut)

    other = make_request(Operation.GENERATION)
    asked = ask(GENERATORS["replicate"], options, type(other)(prompt=other.prompt, width=96, height=64, seed=8))

    assert type(asked.error) is OutcomeUnknown
