"""What a server or the network did, as our errors: in plain words, without key, address credentials or prompt.

The library's exceptions hold the request, and with it the key. So they are read here and dropped: no error of ours has
one of them as cause or context.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.core.errors import Misconfigured, OperationalFault, Permanent, Throttled, Transient
from nightdesk.providers.text.openai_compatible.dialect import Complaint
from nightdesk.providers.text.options import KEY_SETTING, MODEL_SETTING, TIMEOUT_SETTING, URL_SETTING, TextOptions
from nightdesk.providers.text.protocol import CallOutcome
from nightdesk.providers.wire.retrying import read_retry_after

_OUT_OF_QUOTA: Final = frozenset(
    ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance"]
)
_THROTTLED: Final = frozenset(["rate_limit_exceeded", "rate_limit_error", "slow_down", "429"])
_TOO_LONG: Final = re.compile(r"context_length|exceed_context|maximum context|context (?:size|length|window)")
_FORM: Final = {
    Complaint.USAGE: re.compile(r"stream_options|include_usage"),
    Complaint.LIMIT: re.compile(r"max_tokens|max_completion_tokens"),
    Complaint.STRUCTURE: re.compile(
        r"response_format|json_schema|json_object|structured|json schema|grammar|schema|maxlength|minlength|additionalproperties"
    ),
}
#: A vendor's own code is shown only where it is one of these: a server could put anything there, a key too.
_SHOWN_CODES: Final = frozenset(
    [
        "authentication_error",
        "context_length_exceeded",
        "exceed_context_size_error",
        "insufficient_quota",
        "internal_error",
        "invalid_api_key",
        "invalid_request_error",
        "invalid_value",
        "model_not_found",
        "not_found_error",
        "overloaded_error",
        "permission_error",
        "server_error",
        "unsupported_parameter",
        "unsupported_value",
    ]
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no piece: its status (None: an error inside a stream), its headers and what its body says."""

    status: int | None
    headers: Mapping[str, str]
    body: Any

    @property
    def said(self) -> str:
        """Everything that it says, in small letters: only to be looked at, never to be shown."""
        return str(self.body or "").casefold()[:20_000]

    @property
    def code(self) -> str:
        """The vendor's code or type of the error; "" where it names none."""
        body = self.body.get("error", self.body) if isinstance(self.body, Mapping) else None
        if not isinstance(body, Mapping):
            return ""
        return next((str(body[name]) for name in ("code", "type") if body.get(name)), "")


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed: our error, how the books call it, and what of the request's form was refused, if that was it."""

    fault: OperationalFault
    outcome: CallOutcome
    complaint: Complaint | None = None


class CallFailed(Exception):
    """Carries a failure from the wall to the desk."""

    def __init__(self, failure: Failure, *, status: int | None = None, request_id: str = "") -> None:
        """Say how it failed, and what the server's answer said of itself."""
        super().__init__(failure.fault.public_message)
        self.failure = failure
        self.status = status
        self.request_id = request_id


def explain_answer(answer: Answer, options: TextOptions) -> Failure:
    """Say what an error answer means."""
    status = answer.status if answer.status is not None else _status_inside(answer)
    if status == 402 or answer.code in _OUT_OF_QUOTA:
        return Failure(
            Permanent(
                f"The account at {options.host} is out of quota. Check its billing, then regenerate. "
                "Trying again will not help before that."
            ),
            CallOutcome.QUOTA,
        )
    if status == 429:
        return Failure(_slow_down(answer, options), CallOutcome.THROTTLED)
    if status in (408, 409) or status >= 500:
        return Failure(_not_now(answer, status, options), CallOutcome.FAILED)
    return _explain_refusal(answer, status, options)


def _status_inside(answer: Answer) -> int:
    """Read the status of an error that came inside a stream: its code where that is one, else a fault of the server's."""
    if answer.code in _THROTTLED:
        return 429
    return int(answer.code) if answer.code.isdecimal() and len(answer.code) == 3 else 500


def _slow_down(answer: Answer, options: TextOptions) -> Throttled:
    wait_s = read_retry_after(answer.headers)
    when = "later" if wait_s is None else f"in {math.ceil(wait_s)} s"
    return Throttled(f"{options.host} asked us to slow down. It will be tried again {when}.", retry_after_s=wait_s)


def _not_now(answer: Answer, status: int, options: TextOptions) -> Transient:
    message = f"{options.host} failed{_show(status, answer)}. It will be tried again."
    wait_s = read_retry_after(answer.headers)
    return Transient(message) if wait_s is None else Throttled(message, retry_after_s=wait_s)


def _explain_refusal(answer: Answer, status: int, options: TextOptions) -> Failure:
    shown = _show(status, answer)
    if status in (401, 403):
        said = f"{options.host} refused the key{shown}. Set {KEY_SETTING} to a valid one, then start Nightdesk again."
        return _reject(Misconfigured(said, setting=KEY_SETTING))
    if status == 404 and "model" in answer.said:
        what = f"has no model {options.model!r}" if options.model else "does not have the model that it lists"
        said = f"{options.host} {what}{shown}. Set {MODEL_SETTING} to one that it has."
        return _reject(Misconfigured(said, setting=MODEL_SETTING))
    if status in (404, 405, 410) or 300 <= status < 400:
        return _reject(_wrong_address(options, shown))
    if status == 413 or _TOO_LONG.search(answer.said):
        said = "The brief is too long for this model. Shorten it, or choose a model that reads more at once."
        return _reject(Permanent(said))
    said = f"{options.host} refused the request{shown}. Trying again will not help: check the model and its server."
    return Failure(Permanent(said), CallOutcome.REJECTED, _find_complaint(answer))


def _wrong_address(options: TextOptions, shown: str) -> Misconfigured:
    return Misconfigured(
        f"{options.host} does not answer like an OpenAI-compatible server{shown}. Set {URL_SETTING} to the address that "
        "comes before /chat/completions, usually ending in /v1.",
        setting=URL_SETTING,
    )


def _reject(fault: OperationalFault) -> Failure:
    return Failure(fault, CallOutcome.REJECTED)


def _find_complaint(answer: Answer) -> Complaint | None:
    """Find which part of the request's form was refused. A refusal without a word is taken for the boldest part."""
    if not answer.said.strip():
        return Complaint.STRUCTURE
    return next((complaint for complaint, pattern in _FORM.items() if pattern.search(answer.said)), None)


def _show(status: int, answer: Answer) -> str:
    code = f", {answer.code}" if answer.code in _SHOWN_CODES else ""
    return f" (HTTP {status}{code})" if answer.status is not None else f" ({answer.code})" * bool(code)


def explain_silence(options: TextOptions, *, waited_s: float) -> Failure:
    """Say that a server accepted the request and sent nothing for too long."""
    said = f"{options.host} sent nothing for {waited_s:.0f} s. It will be tried again."
    return Failure(Transient(said), CallOutcome.FAILED)


def explain_network(options: TextOptions) -> Failure:
    """Say that a server could not be reached, or was gone in the middle."""
    said = (
        f"The connection to {options.host} failed. It will be tried again; if it stays, check that the server runs and "
        f"that {URL_SETTING} is its address."
    )
    return Failure(Transient(said), CallOutcome.FAILED)


def explain_garbage(options: TextOptions) -> Failure:
    """Say that an answer broke the protocol, or ended in the middle."""
    return Failure(
        Transient(f"The answer of {options.host} was broken off or cannot be read. It will be tried again."),
        CallOutcome.FAILED,
    )


def explain_page(options: TextOptions) -> Failure:
    """Say that something answered which is no such server: a web page, perhaps."""
    return _reject(_wrong_address(options, ""))


def explain_lateness(limit_s: float) -> Failure:
    """Say that the piece's time was over before the model was done."""
    said = (
        f"The model did not finish within {limit_s:.0f} s. It will be tried again; if it stays, raise "
        f"{TIMEOUT_SETTING} or choose a faster model."
    )
    return Failure(Transient(said), CallOutcome.STOPPED)
