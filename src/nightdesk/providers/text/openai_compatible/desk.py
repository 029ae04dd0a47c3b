"""One call of a model: from the request to its line in the books, which is written however the call ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nightdesk.core.errors import Misconfigured, Permanent
from nightdesk.providers.text.channels import CHANNELS
from nightdesk.providers.text.openai_compatible import faults
from nightdesk.providers.text.openai_compatible.answers import Verdict, join_halves, judge
from nightdesk.providers.text.openai_compatible.calls import Call, enter, find_model
from nightdesk.providers.text.openai_compatible.dialect import Complaint, Form, Rung, find_dialect
from nightdesk.providers.text.openai_compatible.faults import CallFailed
from nightdesk.providers.text.openai_compatible.prompts.rendering import VERSION, Message
from nightdesk.providers.text.openai_compatible.schemas import (
    build_response_format,
    count_ceiling,
    count_goal,
    find_token_limit,
)
from nightdesk.providers.text.openai_compatible.watch import Watch
from nightdesk.providers.text.options import STRUCTURE_SETTING, Structure, TextOptions
from nightdesk.providers.text.protocol import CallOutcome, OnCall, PieceRequest, Purpose

if TYPE_CHECKING:
    # Imports the library `openai`, which may only happen once a piece is written.
    from nightdesk.providers.text.openai_compatible.client import Client

#: An answer may be so many times longer than all its texts may be, for quotes, escapes and thoughts; then it is stopped.
_OVERRUN: Final = 4
#: Percent at which a first and a second answer begin; the first may need no second.
_STARTS: Final = {Purpose.DRAFT: (1, 89), Purpose.REPAIR: (90, 9)}
_VERBS: Final = {Purpose.DRAFT: "Writing", Purpose.REPAIR: "Putting right"}

Render = Callable[[Rung], list[Message]]


@dataclass(frozen=True, slots=True)
class Answered:
    """A model's answer and what is to be said of it."""

    verdict: Verdict
    text: str
    model: str
    is_cut: bool


class Desk:
    """Where one piece is asked for."""

    def __init__(
        self, *, request: PieceRequest, options: TextOptions, client: "Client", watch: Watch, on_call: OnCall | None
    ) -> None:
        """Ask nothing yet."""
        self._request = request
        self._options = options
        self._client = client
        self._watch = watch
        self._on_call = on_call
        self._dialect = find_dialect(options)
        self._model = options.model

    def ask(self, purpose: Purpose, render: Render) -> Answered:
        """Get one answer. A request that is refused for its form alone is made again in a plainer one: it cost nothing.

        Raises:
            OperationalFault: no answer could be had, or the model refused.
        """
        self._model = self._model or find_model(self._options, self._client, self._watch)
        while True:
            form = self._dialect.form
            try:
                return self._call(purpose, self._model, form, render(form.rung))
            except CallFailed as failed:
                failure = failed.failure
            if failure.complaint is None or not self._dialect.concede(form, failure.complaint):
                raise self._blame_setting(form, failure) or failure.fault

    def _blame_setting(self, form: Form, failure: faults.Failure) -> Misconfigured | None:
        """Return the error where a server refuses the one way of asking that an operator allows."""
        chosen = self._options.structure
        if failure.complaint is not Complaint.STRUCTURE or chosen is Structure.AUTO or form.rung is Rung.PROMPT:
            return None
        return Misconfigured(
            f"{self._options.host} does not take {STRUCTURE_SETTING}={chosen}. Set it to auto, then start Nightdesk again.",
            setting=STRUCTURE_SETTING,
        )

    def _call(self, purpose: Purpose, model: str, form: Form, messages: list[Message]) -> Answered:
        from nightdesk.providers.text.openai_compatible.client import Reply

        said = f"{_VERBS[purpose]} {CHANNELS[self._request.channel].title} with {model}"
        self._watch.report(_STARTS[purpose][0], said)  # whoever stops here has called nothing
        call = Call(purpose, VERSION, model, Reply())
        status: int | None = None
        try:
            self._fill(call, form, messages, said)
            answered = self._judge(call)
        except CallFailed as failed:
            call.outcome, status = failed.failure.outcome, failed.status
            call.reply.request_id = call.reply.request_id or failed.request_id
            raise
        finally:
            enter(call, self._options, self._on_call, status=call.reply.status or status)
        return answered

    def _fill(self, call: Call, form: Form, messages: list[Message], said: str) -> None:
        channel = self._request.channel
        start, share = _STARTS[call.purpose]
        goal, most = count_goal(channel), _OVERRUN * count_ceiling(channel) + 4_000

        def on_text(chars: int) -> bool:
            self._watch.report(start + share * min(chars, goal) // goal, said)
            return chars > most

        self._client.ask(
            call.reply,
            model=call.model,
            messages=messages,
            form=form,
            response_format=build_response_format(channel, form.rung, self._request.language),
            token_limit=find_token_limit(channel, thinks=form.limit_field == "max_completion_tokens"),
            on_text=on_text,
        )

    def _judge(self, call: Call) -> Answered:
        reply = call.reply
        if reply.refusal or reply.finish == "content_filter":
            raise CallFailed(
                faults.Failure(
                    Permanent(
                        f"{call.model} refused to write this piece. Change the brief, or choose another model; trying "
                        "again with the same brief will not help."
                    ),
                    CallOutcome.REFUSED,
                )
            )
        text = join_halves(reply.text)
        verdict = judge(text, self._request)
        is_cut = verdict.fields is None and (reply.was_stopped or reply.finish == "length")
        if verdict.fields is None and not is_cut and not reply.finish:
            raise CallFailed(faults.explain_garbage(self._options))
        call.outcome = CallOutcome.TRUNCATED if is_cut else CallOutcome.UNUSABLE
        if verdict.is_good:
            call.outcome = CallOutcome.OK
        return Answered(verdict, text, reply.model or call.model, is_cut)
