"""What stands in the poster."""

import re
from dataclasses import dataclass
from typing import Final

#: Words about the picture, not for it.
_LEFT_OUT: Final = frozenset(
    (
        *("a", "an", "the", "of", "for", "with", "and", "in", "on", "at", "to", "by", "from", "as", "is", "are", "be"),
        *("this", "that", "about", "our", "your", "new", "very", "please", "make", "create", "generate"),
        *("poster", "ad", "banner", "image", "picture", "photo", "design", "logo", "style", "modern", "minimal"),
        "illustration",
    )
)
#: Words that say what the poster is to look like, beside what it is to say in quotation marks.
_LOOK: Final = frozenset(
    (
        *(
            "say",
            "says",
            "saying",
            "read",
            "reads",
            "reading",
            "called",
            "titled",
            "colour",
            "colours",
            "color",
            "colors",
        ),
        *("red", "orange", "yellow", "lime", "green", "teal", "cyan", "turquoise", "blue", "navy", "indigo", "purple"),
        *("violet", "lavender", "magenta", "pink", "black", "white", "grey", "gray", "brown"),
        *("deep", "bright", "warm", "cool", "calm", "bold", "pale", "dark", "light", "soft", "vivid"),
    )
)
_QUOTED: Final = re.compile(r"[\"“”„«»]([^\"“”„«»]{2,60})[\"“”„«»]")
_WORD: Final = re.compile(r"[\w'\u2019&%-]+")
_HEADLINE_WORDS: Final = 4
_LINE_WORDS: Final = 10


@dataclass(frozen=True, slots=True)
class Copy:
    """The texts of a poster, and all words of the prompt in lower case."""

    headline: str
    line: str
    words: tuple[str, ...]


def read_prompt(prompt: str) -> Copy:
    """Take the headline from quotation marks, else from the first words that say something."""
    quoted = [text.strip() for text in _QUOTED.findall(prompt)]
    rest = _QUOTED.sub(" ", prompt)
    words = [word for word in _WORD.findall(rest) if word.casefold() not in _LEFT_OUT]
    known = tuple(word.casefold() for word in _WORD.findall(prompt))
    if quoted:
        said = [word for word in words if word.casefold() not in _LOOK]
        line = quoted[1] if len(quoted) > 1 else " ".join(said[:_LINE_WORDS])
        return Copy(quoted[0], line, known)
    headline = " ".join(words[:_HEADLINE_WORDS]) or "Untitled"
    return Copy(headline, " ".join(words[_HEADLINE_WORDS : _HEADLINE_WORDS + _LINE_WORDS]), known)
