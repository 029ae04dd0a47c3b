"""Prompts for pictures, put by a text model as a picture model reads them best."""

from typing import Protocol


class Refiner(Protocol):
    """Puts prompts into better words."""

    def refine(self, prompt: str, *, operation: str, style: str, deadline_s: float) -> str:
        """Return the prompt in better words."""
        ...


def find_refiner() -> Refiner | None:
    """Return who refines prompts; None where only templates write."""
    return None
