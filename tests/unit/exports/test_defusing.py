"""Text that wants to be a formula, in Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.exports.services.writing import defuse, is_dangerous, restore

#: Texts that are more often near the edge than texts are by chance.
TEXTS = st.text(alphabet=st.one_of(st.sampled_from(" '\"=+-@\t\r\n\u3000\uff1d\uff0b\uff0d\uff20a1,"), st.characters()))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("\uff1dHYPERLINK()", "'\uff1dHYPERLINK()"),
        ("  =1", "'  =1"),
        ("\u3000=1", "'\u3000=1"),
        ('"=1', "'\"=1"),
        ("'=1", "''=1"),
        ("a=1", "a=1"),
        ("'quoted'", "'quoted'"),
        ("", ""),
        ("3 > 2", "3 > 2"),
    ],
)
def test_text_is_defused_where_a_spreadsheet_would_calculate(text: str, cell: str) -> None:
    assert defuse(text) == cell


@given(TEXTS)
def test_no_defused_text_begins_with_a_trigger_and_each_can_be_restored(text: str) -> None:
    cell = defuse(text)

    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert not cell.lstrip(" \u3000").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert restore(cell) == text
    assert (cell == text) is not is_dangerous(text)
