"""The model writer: a draft, one repair where the draft breaks a rule, and the piece."""

from collections.abc import Iterable
from typing import Final

from nightdesk.core.errors import Misconfigured, Permanent
from nightdesk.providers.text.channels import CHANNELS
from nightdesk.providers.text.openai_compatible.answers import Kept, accept, keep
from nightdesk.providers.text.openai_compatible.desk import Answered, Desk
from nightdesk.providers.text.openai_compatible.dialect import Rung
from nightdesk.providers.text.openai_compatible.prompts import rendering
from nightdesk.providers.text.openai_compatible.schemas import count_ceiling
from nightdesk.providers.text.openai_compatible.watch import Watch
from nightdesk.providers.text.options import MODEL_SETTING, URL_SETTING, TextOptions
from nightdesk.providers.text.protocol import OnCall, OnProgress, PieceDraft, PieceRequest, Purpose

#: So much of its own answer a model is shown again, as a share of what the texts may have together.
_SHOWN_AGAIN: Final = 2


class ModelWriter:
    """Asks a model on an OpenAI-compatible server. A piece costs two answers at most."""

    name = "openai"

    def __init__(self, options: TextOptions) -> None:
        """Take over the settings; nothing is asked yet.

        Raises:
            Misconfigured: a setting is missing without which no model can be asked.
        """
        if options.missing:
            setting = options.missing[0]
            why = (
                f"{MODEL_SETTING} names a model, but no server is set. Set {URL_SETTING}, or NIGHTDESK_TEXT_KEY for OpenAI."
                if setting == URL_SETTING
                else f"{setting} is missing: OpenAI needs it. Set it, then start Nightdesk again."
            )
            raise Misconfigured(why, setting=setting)
        self._options = options

    @property
    def made_by(self) -> str:
        """The model that is asked; a piece is marked with the one that answered."""
        return self._options.model or f"the model on {self._options.host}"

    @property
    def at_once(self) -> int:
        """How many pieces it may write side by side."""
        return self._options.at_once

    def write(
        self,
        request: PieceRequest,
        *,
        on_progress: OnProgress | None = None,
        on_call: OnCall | None = None,
        deadline_s: float | None = None,
    ) -> PieceDraft:
        """Write one piece, with two answers of the model at most.

        Raises:
            Throttled, Transient: the server did not play along now.
            Permanent: it refused, is out of quota, or twice broke a limit or the shape.
            Misconfigured: address, key or model is wrong.
        """
        # Imported here: the library behind it takes the better part of a second, and most processes never write.
        from nightdesk.providers.text.openai_compatible.client import Client

        limit_s = min(self._options.timeout_s, deadline_s or self._options.timeout_s)
        watch = Watch(limit_s=limit_s, on_progress=on_progress)
        with Client(self._options, watch) as client:
            desk = Desk(request=request, options=self._options, client=client, watch=watch, on_call=on_call)
            nonce = rendering.make_nonce(request)
            draft = desk.ask(Purpose.DRAFT, lambda rung: rendering.render_draft(request, rung, nonce))
            if draft.verdict.is_good:
                return _hand_over(request, draft, accept(draft.verdict, request))
            repaired = desk.ask(Purpose.REPAIR, lambda rung: _render_repair(request, draft, rung))
        return _settle(request, repaired, draft)


def _render_repair(request: PieceRequest, draft: Answered, rung: Rung) -> list[rendering.Message]:
    shown = draft.text[: _SHOWN_AGAIN * count_ceiling(request.channel)]
    return rendering.render_repair(
        request,
        rung,
        rendering.make_nonce(request, shown),
        answer=shown,
        complaints=() if draft.is_cut else draft.verdict.complaints,
        forbidden=draft.verdict.forbidden,
        is_cut=draft.is_cut,
    )


def _settle(request: PieceRequest, repaired: Answered, draft: Answered) -> PieceDraft:
    """Keep what can be kept of two answers, the repaired one first.

    Raises:
        Permanent: neither keeps the limits without cutting a text.
    """
    if repaired.verdict.is_good:
        return _hand_over(request, repaired, accept(repaired.verdict, request))
    for answered in (repaired, draft):
        if kept := keep(answered.verdict, request):
            return _hand_over(request, answered, kept)
    raise Permanent(_say_why(request, [repaired, draft]))


def _hand_over(request: PieceRequest, answered: Answered, kept: Kept) -> PieceDraft:
    return PieceDraft(
        channel=request.channel,
        fields=kept.fields,
        made_by=answered.model,
        notes=list(kept.notes),
        prompt_version=rendering.VERSION,
    )


def _say_why(request: PieceRequest, tried: Iterable[Answered]) -> str:
    title = CHANNELS[request.channel].title
    for answered in tried:
        if answered.verdict.fields is not None and answered.verdict.complaints:
            said = answered.verdict.complaints[0]
            return (
                f"{answered.model} broke a limit of {title} twice. {said} The text is not kept, as it would have to be "
                "cut. Regenerate, ask for less in the brief, or choose another model."
            )
    last = next(iter(tried))
    if last.is_cut:
        return f"{last.model} was cut off twice while it wrote {title}. Ask for less in the brief, or choose another model."
    return (
        f"{last.model} twice gave no piece for {title} that can be read. Regenerate, or choose a model that can answer in "
        "JSON."
    )
