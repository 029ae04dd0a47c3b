"""Text that a spreadsheet would take for a formula: a `'` goes in front, in Python and in PostgreSQL alike.

What begins with one of = + - @, a tab or a line end, or with a full-width form of the four, is a formula to some
spreadsheet; also after blanks and quotes, which some of them drop (owasp.org/www-community/attacks/CSV_Injection).
"""

import re
from typing import Final

#: What may stand before a trigger: a blank, the wide blank of Chinese and Japanese text, quotes.
_BEFORE: Final = " \u3000\"'"
_TRIGGERS: Final = "=+@\uff1d\uff0b\uff0d\uff20\t\n\r-"  # the hyphen last: in a class it would make a range

_DANGEROUS: Final = re.compile(f"[{_BEFORE}]*[{_TRIGGERS}]")

#: The same pattern as a literal of PostgreSQL, which wants characters above ASCII in `U&''`.
_PATTERN_SQL: Final = "U&'^[" + r" \3000" + "\"''" + r"]*[=+@\FF1D\FF0B\FF0D\FF20\0009\000A\000D-]'"


def is_dangerous(text: str) -> bool:
    """Whether some spreadsheet would take this text for a formula."""
    return _DANGEROUS.match(text) is not None


def defuse(text: str) -> str:
    """Put a `'` in front of what is dangerous. Undone by `restore`."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def restore(cell: str) -> str:
    """Return the text that `defuse` made this of."""
    return cell[1:] if cell.startswith("'") and is_dangerous(cell[1:]) else cell


def defuse_sql(text: str) -> str:
    """Return an expression of PostgreSQL that defuses another one and turns "" into NULL: both are empty cells.

    A regular expression for each cell costs a quarter of the speed of COPY. All that is dangerous begins with a
    character below "A" or from U+3000 on, which the number of the first one tells; the rest is passed as it is.
    """
    return (
        f"CASE WHEN ascii({text}) BETWEEN {ord('A')} AND {0x2FFF} THEN {text} "
        ""
        f"WHEN {text} = '' THEN NULL WHEN {text} ~ {_PATTERN_SQL} THEN '''' || {text} ELSE {text} END"
    )
