"""What changed between two texts, word by word."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

_SENTENCES: Final = re.compile(r"[^\n.!?]*[.!?]*[ \t]*\n?")
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")
#: Comparing takes up to the square of the words: a passage of more than these is shown as taken out and put in.
MOST_WORDS: Final = 1500
#: Pairs of words or sentences that are the same: a text that repeats itself would be compared for minutes.
MOST_PAIRS: Final = 150_000

Kind = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some text that stayed, went or came."""

    kind: Kind
    text: str


def compare_texts(old: str, new: str) -> list[Stretch]:
    """List the stretches of which `old` is made without the added, and `new` without the removed ones."""
    stretches: list[Stretch] = []
    for kind, before, after in _opcodes(_split(_SENTENCES, old), _split(_SENTENCES, new)):
        words = _split(_WORDS, before), _split(_WORDS, after)
        if kind != "replace" or len(words[0]) + len(words[1]) > MOST_WORDS:
            stretches += _stretches(kind, before, after)
            continue
        for inner, was, now in _opcodes(*words):
            stretches += _stretches(inner, was, now)
    return _merge(stretches)


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    return [part for part in pattern.findall(text) if part]


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    counts = Counter(new)
    if sum(counts[part] for part in old) > MOST_PAIRS:
        yield "equal" if old == new else "replace", "".join(old), "".join(new)
        return
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield kind, "".join(old[a:b]), "".join(new[c:d])


def _stretches(kind: str, before: str, after: str) -> Iterator[Stretch]:
    if kind == "equal":
        yield Stretch("same", before)
        return
    if before:
        yield Stretch("removed", before)
    if after:
        yield Stretch("added", after)


@dataclass(slots=True)
class _Change:
    removed: str = ""
    added: str = ""
    same: str = ""  # what follows and stayed

    @property
    def size(self) -> int:
        return max(len(self.removed), len(self.added))


def _merge(stretches: list[Stretch]) -> list[Stretch]:
    """Put changes together that only a few words hold apart: one sentence for another reads better as one change."""
    changes = [_Change()]
    for stretch in stretches:
        if stretch.kind != "same" and changes[-1].same:
            changes.append(_Change())
        setattr(changes[-1], stretch.kind, getattr(changes[-1], stretch.kind) + stretch.text)
    merged = changes[:1]
    for change in changes[1:]:
        last = merged[-1]
        if "\n" not in last.same and len(last.same) <= min(last.size, change.size):
            last.removed += last.same + change.removed
            last.added += last.same + change.added
            last.same = change.same
        else:
            merged.append(change)
    shown = ((change.removed, change.added, change.same) for change in merged)
    kinds: tuple[Kind, ...] = ("removed", "added", "same")
    return [Stretch(kind, text) for texts in shown for kind, text in zip(kinds, texts, strict=True) if text]
