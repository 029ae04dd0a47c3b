"""What a server or the network did, as our errors: in plain words, without key, address credentials or prompt.

Nothing that a server wrote is ever shown: it could hold anything, our key too. Its answer is only looked at.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nightdesk.core.errors import Misconfigured, OperationalFault, OutcomeUnknown, Permanent, Throttled, Transient
from nightdesk.providers.wire.retrying import read_retry_after
from nightdesk.providers.wire.servers import ServerAddress

_OUT_OF_QUOTA: Final = frozenset(
    ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance"]
)
_REFUSED: Final = re.compile(
    r"moderation|content[_ -]?policy|content[_ -]?filter|safety[_ -]?(?:system|checker|filter)|nsfw|flagged as sensitive"
)
#: What not every server knows of a request.
_FIELDS: Final = ("response_format",)
#: A gateway says these when it does not know what became of a request behind it.
_GATEWAY: Final = frozenset([502, 504, 520, 521, 522, 523, 524, 525, 526, 527])


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Who is asked, and which settings lead there. `headers` hold the key."""

    name: str  # for people
    server: ServerAddress
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    url_setting: str
    key_setting: str
    model_setting: str
    timeout_setting: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status, its headers with names in small letters, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def read_json(self) -> Any:
        """Read the body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def said(self) -> str:
        """Everything that it says, in small letters: only to be looked at, never to be shown."""
        return self.body[:20_000].decode(errors="replace").casefold()

    @property
    def codes(self) -> set[str]:
        """The vendor's code and type of the error, in small letters."""
        body = self.read_json()
        error = body.get("error", body) if isinstance(body, dict) else None
        if not isinstance(error, dict):
            return set()
        return {str(error[name]).casefold() for name in ("code", "type") if error.get(name)}


class FormRefused(Permanent):
    """A server does not know a part of the request, which `field` names; without it the request may be made again."""

    def __init__(self, public_message: str, *, field: str) -> None:
        """Say what was refused."""
        super().__init__(public_message)
        self.field = field


def explain_answer(answer: Answer, vendor: Vendor, *, is_paid: bool) -> OperationalFault:
    """Say what an answer that is no success means. `is_paid`: the request must not be made twice by accident."""
    status = answer.status
    if status == 402 or answer.codes & _OUT_OF_QUOTA:
        return Permanent(
            f"The account at {vendor.name} has no credit left. Check its billing, then run this again. Trying again will "
            "not help before that."
        )
    if status == 429:
        return _slow_down(answer, vendor)
    if is_paid and status in _GATEWAY:
        return explain_loss(vendor, is_paid=True)
    if status in (408, 409, 425) or status >= 500:
        return _not_now(answer, vendor)
    return _explain_refusal(answer, vendor)


def _slow_down(answer: Answer, vendor: Vendor) -> Throttled:
    wait_s = read_retry_after(answer.headers)
    when = "later" if wait_s is None else f"in {math.ceil(wait_s)} s"
    return Throttled(f"{vendor.name} asked us to slow down. It will be tried again {when}.", retry_after_s=wait_s)


def _not_now(answer: Answer, vendor: Vendor) -> Transient:
    message = f"{vendor.name} failed (HTTP {answer.status}). It will be tried again."
    wait_s = read_retry_after(answer.headers)
    return Transient(message) if wait_s is None else Throttled(message, retry_after_s=wait_s)


def _explain_refusal(answer: Answer, vendor: Vendor) -> OperationalFault:
    status = answer.status
    if status in (400, 403, 422) and _REFUSED.search(answer.said):
        return explain_policy(vendor)
    if status in (401, 403):
        said = f"{vendor.name} refused the key (HTTP {status}). Set {vendor.key_setting} to a valid one, then start Nightdesk again."
        return Misconfigured(said, setting=vendor.key_setting)
    if status == 404 and "model" in answer.said and vendor.model_setting:
        said = f"{vendor.name} does not have this model (HTTP 404). Set {vendor.model_setting} to one that it has."
        return Misconfigured(said, setting=vendor.model_setting)
    if status in (404, 405, 410) or status < 400:
        return explain_stranger(vendor, status)
    if status == 413:
        return Permanent(f"The picture is too large for {vendor.name}. Make it smaller, then run this again.")
    said = (
        f"{vendor.name} refused the request (HTTP {status}). Trying again will not help: change the request, or check the "
        "model in the settings."
    )
    field = next((name for name in _FIELDS if name in answer.said), None)
    return Permanent(said) if field is None else FormRefused(said, field=field)


def explain_stranger(vendor: Vendor, status: int) -> Misconfigured:
    """Say that something answered which is not the server that we look for."""
    said = (
        f"{vendor.name} does not answer as expected (HTTP {status}). Check that {vendor.url_setting} is its address, then "
        "start Nightdesk again."
    )
    return Misconfigured(said, setting=vendor.url_setting)


def explain_policy(vendor: Vendor) -> Permanent:
    """Say that the rules of the house forbid it there."""
    return Permanent(
        f"{vendor.name} refused this because of its rules about content. Change the prompt or the picture, or choose "
        "another provider; trying again unchanged will not help."
    )


def explain_emptiness(vendor: Vendor) -> Permanent:
    """Say that an answer without a picture came."""
    return Permanent(
        f"{vendor.name} sent no picture. Servers do so where a filter took it away: change the prompt or the picture, or "
        "choose another provider."
    )


def explain_network(vendor: Vendor) -> Transient:
    """Say that a server could not be reached: nothing was asked of it."""
    return Transient(
        f"{vendor.name} cannot be reached. It will be tried again; if it stays, check that the server runs and that "
        f"{vendor.url_setting} is its address."
    )


def explain_loss(vendor: Vendor, *, is_paid: bool) -> OperationalFault:
    """Say that a request was sent and no whole answer came back."""
    if is_paid:
        return OutcomeUnknown(
            f"The answer of {vendor.name} was lost, so nobody knows whether the picture was made and charged. Look at the "
            "account there, then run this again if you want it once more."
        )
    return Transient(f"The answer of {vendor.name} was broken off or cannot be read. It will be tried again.")


def explain_lateness(vendor: Vendor, limit_s: float, *, is_paid: bool) -> OperationalFault:
    """Say that the time was over before an answer came."""
    said = f"{vendor.name} did not answer within {limit_s:.0f} s."
    if is_paid:
        return OutcomeUnknown(
            f"{said} Nobody knows whether the picture was made and charged. Look at the account there; if it is only slow, "
            f"raise {vendor.timeout_setting}."
        )
    return Transient(f"{said} It will be tried again; if it stays, raise {vendor.timeout_setting}.")


def explain_no_picture(vendor: Vendor, why: str) -> Permanent:
    """Say that what came is not used; `why` ends a sentence."""
    return Permanent(f"What {vendor.name} sent {why}. It was not kept. Run this again, or choose another model.")
