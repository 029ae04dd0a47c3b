"""What every call of a model has, whatever it is for: the model that is asked, and a line in the books."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nightdesk.core.errors import Misconfigured, OperationalFault
from nightdesk.providers.text.openai_compatible.faults import CallFailed
from nightdesk.providers.text.openai_compatible.prices import find_cost
from nightdesk.providers.text.openai_compatible.watch import Watch
from nightdesk.providers.text.options import MODEL_SETTING, TextOptions
from nightdesk.providers.text.protocol import CallOutcome, CallRecord, OnCall, Purpose

if TYPE_CHECKING:
    # Imports the library `openai`, which may only happen once a model is asked.
    from nightdesk.providers.text.openai_compatible.client import Client, Reply


@dataclass(slots=True)
class Call:
    """A call under way."""

    purpose: Purpose
    prompt_version: str
    model: str
    reply: "Reply"
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    started_s: float = field(default_factory=time.monotonic)
    outcome: CallOutcome = CallOutcome.STOPPED  # what is true until it has ended otherwise


def find_model(options: TextOptions, client: "Client", watch: Watch) -> str:
    """Return the model to ask: the one that is set, else the only one that the server has.

    Raises:
        OperationalFault: the server does not say, or has several.
    """
    if options.model:
        return options.model
    watch.report(0, "Asking which model there is")
    try:
        names = client.list_models()
    except CallFailed as failed:
        fault: OperationalFault = failed.failure.fault
    else:
        if len(names) == 1:
            return names[0]
        fault = Misconfigured(
            f"{options.host} has {len(names) or 'no'} models. Set {MODEL_SETTING} to the one that shall write.",
            setting=MODEL_SETTING,
        )
    raise fault


def enter(call: Call, options: TextOptions, on_call: OnCall | None, *, status: int | None) -> None:
    """Write a call into the books, however it ended."""
    if on_call is None:
        return
    reply, tokens = call.reply, call.reply.tokens
    cost_micros, currency = find_cost(options, reply.model or call.model, tokens, on=call.started_at.date())
    on_call(
        CallRecord(
            provider=options.host,
            model_asked=call.model,
            model_answered=reply.model,
            prompt_version=call.prompt_version,
            purpose=call.purpose,
            started_at=call.started_at,
            duration_s=round(time.monotonic() - call.started_s, 3),
            outcome=call.outcome,
            http_status=status,
            request_id=reply.request_id,
            tokens_in=tokens.sent,
            tokens_out=tokens.received,
            tokens_cached=tokens.cached,
            tokens_reasoning=tokens.reasoning,
            cost_micros=cost_micros,
            currency=currency if cost_micros is not None else "",
        )
    )
