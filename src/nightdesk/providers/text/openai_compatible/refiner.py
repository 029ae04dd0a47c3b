"""The refiner that asks a model: one answer, taken only where it keeps what must be kept."""

import re
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from nightdesk.core.errors import Misconfigured, Permanent
from nightdesk.core.redaction import clean_text
from nightdesk.providers.text.openai_compatible.calls import Call, enter, find_model
from nightdesk.providers.text.openai_compatible.dialect import Complaint, Form, find_dialect
from nightdesk.providers.text.openai_compatible.faults import CallFailed, Failure, explain_garbage
from nightdesk.providers.text.openai_compatible.prompts import refine_1 as words
from nightdesk.providers.text.openai_compatible.watch import Watch
from nightdesk.providers.text.options import TextOptions
from nightdesk.providers.text.protocol import CallOutcome, OnCall, OnProgress, Purpose

if TYPE_CHECKING:
    from nightdesk.providers.text.openai_compatible.client import Client, Reply

_MOST_WORDS: Final = 120
#: More is no prompt any more; the model's own limit of words is passed often, and a little does no harm.
_MOST_CHARS: Final = 2_000
#: Models that think count their thoughts among the tokens of an answer.
_MOST_TOKENS: Final = 4_000
#: Pairs of marks between which stands what a picture shall say. A straight single mark is an apostrophe far more often.
_QUOTED: Final = re.compile(
    r"\"[^\"\n]+\"|\u201c[^\u201d\n]+\u201d|\u201e[^\u201c\u201d\n]+[\u201c\u201d]|\u00ab[^\u00bb\n]+\u00bb|\u300c[^\u300d\n]+\u300d"
)
_MARKS: Final = '"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d'


class ModelRefiner:
    """Asks a model on an OpenAI-compatible server. Safe to be used by many threads."""

    version: Final = words.NAME

    def __init__(self, options: TextOptions) -> None:
        """Take over the settings; nothing is asked yet."""
        self._options = options

    @property
    def made_by(self) -> str:
        """The model that is asked, for people."""
        return self._options.model or f"the model on {self._options.host}"

    def refine(
        self,
        *,
        prompt: str,
        operation: str,
        style: str = "",
        deadline_s: float | None = None,
        on_progress: OnProgress | None = None,
        on_call: OnCall | None = None,
    ) -> str:
        """Return the prompt in better words; see `providers.text.refining.Refiner`."""
        # Imported here: the library behind it takes the better part of a second.
        from nightdesk.providers.text.openai_compatible.client import Client

        if self._options.missing:
            setting = self._options.missing[0]
            raise Misconfigured(f"{setting} is missing, so no model can be asked. Set it.", setting=setting)
        limit_s = min(self._options.timeout_s, deadline_s or self._options.timeout_s)
        watch = Watch(limit_s=limit_s, on_progress=on_progress)
        messages = render(prompt, operation, style, nonce=_draw_nonce(prompt + style))
        with Client(self._options, watch) as client:
            model = find_model(self._options, client, watch)
            watch.report(1, f"Putting the prompt into better words with {model}")
            return self._ask(client, model, messages, prompt, on_call)

    def _ask(
        self, client: "Client", model: str, messages: list[dict[str, str]], prompt: str, on_call: OnCall | None
    ) -> str:
        dialect = find_dialect(self._options)
        while True:
            form = dialect.form
            try:
                return self._call(client, model, form, messages, prompt, on_call)
            except CallFailed as failed:
                failure = failed.failure
            # A request that is refused for its form alone is made again in a plainer one: it cost nothing.
            if failure.complaint not in (Complaint.USAGE, Complaint.LIMIT) or not dialect.concede(
                form, failure.complaint
            ):
                raise failure.fault

    def _call(
        self,
        client: "Client",
        model: str,
        form: Form,
        messages: list[dict[str, str]],
        prompt: str,
        on_call: OnCall | None,
    ) -> str:
        from nightdesk.providers.text.openai_compatible.client import Reply

        call = Call(Purpose.DRAFT, words.NAME, model, Reply())
        status: int | None = None
        try:
            client.ask(
                call.reply,
                model=model,
                messages=messages,
                form=form,
                response_format=None,
                token_limit=_MOST_TOKENS,
                on_text=lambda chars: chars > 4 * _MOST_CHARS,
            )
            refined = self._read(call, prompt)
        except CallFailed as failed:
            call.outcome, status = failed.failure.outcome, failed.status
            call.reply.request_id = call.reply.request_id or failed.request_id
            raise
        finally:
            enter(call, self._options, on_call, status=call.reply.status or status)
        return refined

    def _read(self, call: Call, prompt: str) -> str:
        reply = call.reply
        if reply.refusal or reply.finish == "content_filter":
            raise CallFailed(Failure(Permanent(f"{call.model} refused to work on this prompt."), CallOutcome.REFUSED))
        text = _tidy(reply.text, prompt)
        if _is_cut(reply):
            raise CallFailed(Failure(Permanent(f"{call.model} did not come to an end."), CallOutcome.TRUNCATED))
        if not reply.finish:
            raise CallFailed(explain_garbage(self._options))
        if complaint := _complain(text, prompt):
            raise CallFailed(Failure(Permanent(f"{call.model} {complaint}."), CallOutcome.UNUSABLE))
        call.outcome = CallOutcome.OK
        return text


def _draw_nonce(material: str) -> str:
    """Return a code that stands nowhere in the material: what is fenced with it cannot end its fence."""
    return next(code for code in iter(lambda: secrets.token_hex(8), "") if code not in material)


def render(prompt: str, operation: str, style: str, *, nonce: str) -> list[dict[str, str]]:
    """Write the messages that ask for better words."""
    opening, closing = f"<<<{nonce}", f"{nonce}>>>"
    system = words.SYSTEM.format(
        task=words.TASKS.get(operation, words.TASKS["image_generation"]),
        most_words=_MOST_WORDS,
        style=words.STYLE.format(style=" ".join(style.split())) if style.strip() else "",
        opening=opening,
        closing=closing,
    )
    user = f"{words.USER}\n\n{opening} prompt\n{prompt}\n{closing}"
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _tidy(answer: str, prompt: str) -> str:
    """Take the thoughts, the fence, the line breaks and the marks round the whole away that a model was told not to write."""
    text = re.sub(r"(?s)^\s*<think>.*?</think>", "", clean_text(answer))
    text = re.sub(r"^\s*```\w*\s*|\s*```\s*$", "", text)
    text = " ".join(text.split())
    if len(text) > 1 and text[0] in _MARKS and text[-1] in _MARKS and text not in prompt and _QUOTED.fullmatch(text):
        text = text[1:-1].strip()
    return text


def _is_cut(reply: "Reply") -> bool:
    return reply.was_stopped or reply.finish == "length"


def _complain(text: str, prompt: str) -> str | None:
    """Say why a text cannot take the prompt's place; None: it can."""
    if not text:
        return "answered nothing"
    if len(text) > _MOST_CHARS:
        return "wrote too much"
    if any(quoted not in text for quoted in _find_quoted(prompt)):
        return "changed words in quotation marks, which are to stand in the picture"
    return None


def _find_quoted(prompt: str) -> Iterator[str]:
    for found in _QUOTED.finditer(prompt):
        yield " ".join(found[0].split())
