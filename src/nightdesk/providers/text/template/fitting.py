"""Texts built to fit a limit: whole parts are left out, words are never cut."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from nightdesk.providers.text.channels import FieldSpec
from nightdesk.providers.text.counting import count_text
from nightdesk.providers.text.template.sentences import is_wide_script, join_sentences, strip_end

#: Characters from which a text is more than a name.
_TELLING: Final = 10
ELLIPSIS: Final = "\u2026"
Fits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text: what it may say, the best first, and how soon it is chosen (0 first)."""

    rank: int
    texts: Sequence[str]


def fit_goal(spec: FieldSpec) -> Fits:
    """Return a test for the length to aim at: the soft limit where there is one."""
    return _fit(spec, spec.goal)


def fit_hard(spec: FieldSpec) -> Fits:
    """Return a test for the length that the platform refuses to pass."""
    return _fit(spec, spec.hard)


def _fit(spec: FieldSpec, limit: int | None) -> Fits:
    return lambda text: limit is None or count_text(text, spec.unit) <= limit


def first_fitting(candidates: Iterable[str], fits: Fits, taken: Iterable[str] = ()) -> str:
    """Return the first candidate that fits and says something not yet taken; "" if none does."""
    said = [_core(text) for text in taken]
    return next((text for text in candidates if text and fits(text) and not _repeats(_core(text), said)), "")


def arrange(parts: Sequence[Part], fits: Fits, separator: str = " ") -> str:
    """Join parts in the given order, choosing by rank for as long as the whole fits; repetitions are left out."""
    chosen: dict[int, str] = {}
    for place in sorted(range(len(parts)), key=lambda place: parts[place].rank):
        said = [_core(text) for text in chosen.values()]
        for text in parts[place].texts:
            trial = {**chosen, place: text}
            if text and not _repeats(_core(text), said) and fits(_join(trial, separator)):
                chosen = trial
                break
    return _join(chosen, separator)


def cut_at_word(text: str, fits: Fits) -> str:
    """Return the longest start of a text that fits with an ellipsis after a whole word; "" if not even one word does."""
    ends = [place for place in range(1, len(text)) if _may_end(text, place)]
    low, best = 0, ""
    high = len(ends) - 1
    while low <= high:
        middle = (low + high) // 2
        trial = strip_end(text[: ends[middle]]) + ELLIPSIS
        if fits(trial):
            best, low = trial, middle + 1
        else:
            high = middle - 1
    return best


def _may_end(text: str, place: int) -> bool:
    return text[place] == " " or (is_wide_script(text[place]) and is_wide_script(text[place - 1]))


def _join(chosen: dict[int, str], separator: str) -> str:
    return join_sentences((chosen[place] for place in sorted(chosen)), separator)


def _core(text: str) -> str:
    return strip_end(text).casefold()


def _repeats(core: str, said: list[str]) -> bool:
    """Whether a text is part of another, or says another again; a short name may come back in a longer text."""
    return any(core in other or (len(other) >= _TELLING and other in core) for other in said)
