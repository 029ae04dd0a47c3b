"""Text taken apart: blocks of a brief, sentences, clauses."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

#: What may end a sentence, in the scripts we meet.
TERMINALS: Final = ".!?\u2026\u3002\uff01\uff1f\u061f\u0964"
_WIDE_TERMINALS: Final = "\u3002\uff01\uff1f"
#: A line this short that is followed by a capital is a line of its own, not wrapped text.
_WRAPPED_FROM: Final = 60

_END: Final = re.compile(
    r"[.!?\u2026\u061f\u0964]+[\"'\u201d\u00bb\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f]+[\u300d\u300f\uff09]*"
)
_ABBREVIATIONS: Final = frozenset(
    [
        "e.g",
        "i.e",
        "z.b",
        "d.h",
        "u.a",
        "p.ex",
        "p.e",
        "bzw",
        "ca",
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "st",
        "nr",
        "no",
        "vs",
        "inc",
        "ltd",
        "approx",
        "bspw",
        "inkl",
        "exkl",
        "max",
        "min",
        "tel",
        "str",
        "sr",
        "sra",
        "env",
        "av",
        "mind",
        "usw",
        "etc",
    ]
)
_CLAUSE: Final = re.compile(
    r"\s*(?:[;:](?=\s)|\s[\u2014\u2013-]\s|\u2014|,(?=\s)|[()\u3001\uff0c\uff1a\uff1b\u060c\u300c\u300d])\s*"
)
_BULLET: Final = re.compile(r"^\s*(?:[-*+\u2022\u2023\u25aa\u25cf\u2013\u00b7]|\(?\d{1,2}[.)])\s+(?=\S)")
_HEADING: Final = re.compile(r"^\s*#{1,6}\s+(?=\S)")
_MARKDOWN_LINK: Final = re.compile(r"!?\[([^\[\]\n]{0,300})\]\((\S{1,2000}?)\)")
# The bounds keep these linear for any text.
_EMPHASIS: Final = re.compile(r"(?<!\w)(\*\*\*|\*\*|\*|__|_|`)(?=\S)([^\n*_`]{1,300})\1(?!\w)")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>\n]{0,300}>")
_INVISIBLE: Final = re.compile("[\u00ad\ufeff\u2060\u202a-\u202e\u2066-\u2069]")
_LABEL: Final = re.compile(r"^([^\W\d_][^:.!?\n]{0,30}?)\s*[:\uff1a](?!//)\s*(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, bullet or heading of a brief. `label` is what stood before its colon, or the heading above it."""

    text: str
    bullet: bool = False
    heading: bool = False
    label: str = ""


def clean(text: str) -> str:
    """Normalise to NFC, with plain line ends and without control characters, markup or hidden direction marks."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub("\r\n?|[\u0085\u2028\u2029]", "\n", text)
    text = _INVISIBLE.sub("", text)
    text = "".join(char for char in text if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs"))
    text = _MARKDOWN_LINK.sub(r"\1 \2", text)
    text = _EMPHASIS.sub(r"\2", _TAG.sub(" ", text))
    return "\n".join(re.sub(r"[^\S\n]+", " ", line).strip() for line in text.split("\n"))


def split_blocks(text: str, labels: frozenset[str]) -> Iterator[Block]:
    """Take cleaned text apart into blocks; lines of wrapped text are joined again.

    `labels` are the known words before a colon, in small letters; only those are taken off.
    """
    label, sticky = "", False
    wrapped: list[str] = []
    for line in [*text.split("\n"), ""]:
        if wrapped and not _goes_on(wrapped[-1], line, labels):
            yield Block(" ".join(wrapped), label=label)
            wrapped, label = [], label if sticky else ""
        if not line:
            continue
        if heading := _HEADING.match(line):
            name = line[heading.end() :].strip(" #:")
            label, sticky = name.casefold(), True
            yield Block(name, heading=True)
            continue
        bullet = _BULLET.match(line)
        body = line[bullet.end() :] if bullet else line
        found = _LABEL.match(body)
        if found and found[1].casefold() in labels:
            if not found[2].strip():
                label, sticky = found[1].casefold(), True
            else:
                yield Block(found[2].strip(), bullet=bool(bullet), label=found[1].casefold())
        elif bullet:
            yield Block(body, bullet=True, label=label)
        else:
            wrapped.append(line)


def _goes_on(before: str, line: str, labels: frozenset[str]) -> bool:
    """Whether `line` is the rest of a paragraph whose last line is `before`."""
    if not line or _BULLET.match(line) or _HEADING.match(line):
        return False
    found = _LABEL.match(line)
    if found and found[1].casefold() in labels:
        return False
    return len(before) >= _WRAPPED_FROM or not (line[0].isupper() or line[0].isdigit())


def split_sentences(text: str) -> list[str]:
    """Split a paragraph into sentences with their end marks. Abbreviations and ordinals do not end one."""
    sentences, start = [], 0
    for end in _END.finditer(text):
        before, after = text[start : end.start()], text[end.end() :].lstrip()
        if _ends_early(before, end[0], after):
            continue
        sentences.append(text[start : end.end()].strip())
        start = end.end()
    sentences.append(text[start:].strip())
    return [sentence for sentence in sentences if sentence]


def _ends_early(before: str, mark: str, after: str) -> bool:
    if not mark.startswith(".") or not after:
        return False
    last = before.rpartition(" ")[2].casefold().lstrip("(")
    ordinal = last.isdigit() and len(last) <= 2 and after[0].isalpha()
    return after[0].islower() or last in _ABBREVIATIONS or ordinal or (len(last) == 1 and last.isalpha())


def split_clauses(sentence: str) -> list[str]:
    """Split a sentence at its inner punctuation; the pieces carry no end mark."""
    pieces = _CLAUSE.split(strip_end(sentence))
    return [piece for piece in (piece.strip() for piece in pieces) if piece]


def strip_end(text: str) -> str:
    """Take the end marks off, except a question's."""
    stripped = text.strip().rstrip(".!\u2026\u3002\uff01\u0964;:, ")
    return stripped or text.strip()


def as_sentence(text: str) -> str:
    """Start with a capital and end with a mark."""
    text = capitalise(text.strip())
    if not text or text[-1] in TERMINALS or text.rstrip("\"'\u201d\u00bb)")[-1:] in tuple(TERMINALS):
        return text
    return text + ("\u3002" if is_wide_script(text[-1]) else ".")


def capitalise(text: str) -> str:
    """Raise the first letter, unless the first word has its own way with capitals ("iPhone")."""
    first = text.split(" ", 1)[0]
    return text if any(char.isupper() for char in first[1:]) else text[:1].upper() + text[1:]


def join_sentences(texts: Iterable[str], separator: str = " ") -> str:
    """Join sentences; after a full stop of a script without spaces, without one."""
    joined = ""
    for text in texts:
        if text:
            joined += (separator if joined and joined[-1] not in _WIDE_TERMINALS else "") + text
    return joined


def is_wide_script(char: str) -> bool:
    """Whether a character belongs to a script that may be broken between any two characters (Han, kana)."""
    return "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff"
