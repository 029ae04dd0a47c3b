"""What servers of models do wrong, in front of a real one: the right error, plain words, the books right, no secret out."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from nightdesk.core.errors import Misconfigured, OperationalFault, Permanent, Throttled, Transient
from nightdesk.providers.text.options import TextOptions
from tests.contract.text.asking import BRIEF, KEY, ask, assert_nothing_leaked, everything_logged, walk_chain
from tests.support.text_proxy import (
    Fault,
    TextProxy,
    answer_with,
    change_text,
    cut,
    drip,
    end_early,
    hang,
    refuse,
)

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
