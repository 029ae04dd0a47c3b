"""Prompts for pictures put into better words by the model that writes texts, where there is one."""

from typing import Protocol

from nightdesk.providers.text.openai_compatible.refiner import ModelRefiner
from nightdesk.providers.text.protocol import OnCall, OnProgress
from nightdesk.providers.text.registry import current_options


class Refiner(Protocol):
    """Puts prompts into better words."""

    @property
    def made_by(self) -> str:
        """Who does it, for people."""
        ...

    @property
    def version(self) -> str:
        """The version of the words that it is asked with."""
        ...

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
        """Return the prompt in better words, within `deadline_s` seconds; `operation` in the words of the API.

        Text in quotation marks comes back letter by letter, or the answer is refused. Costs at most one answer.

        Raises:
            OperationalFault: it could not be done. The prompt as it was is as good a prompt: go on with it, and say so.
            BaseException: whatever `on_progress` raises; the connection is closed at once.
        """
        ...


def find_refiner() -> Refiner | None:
    """Return who refines prompts; None where no model is connected."""
    options = current_options()
    return ModelRefiner(options) if options.is_chosen else None
