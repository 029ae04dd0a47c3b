"""Answers of models as text: what is read out of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.openai_compatible.answers import judge, read_json
from nightdesk.providers.text.protocol import PieceRequest

NAMES = ["intro", "headline"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"intro": "a"}', {"intro": "a"}),
        ('\ufeff {"intro": "a"}\n', {"intro": "a"}),
        ('```json\n{"intro": "a"}\n```', {"intro": "a"}),
        ('Sure {no} {"x": 1}: {"intro": "a {b}"} done', {"intro": "a {b}"}),
        ('{"intro": "first"} No, better: {"intro": "second"}', {"intro": "second"}),
        ('{"answer": {"intro": "a"}}', {"intro": "a"}),
        ('<think>{"intro": "x"}</think>{"intro": "a"}', {"intro": "a"}),
        ('<think>never ends {"intro": "x"}', None),
        ('[{"intro": "a"}]', {"intro": "a"}),
        ('{"intro": "cut', None),
        ('{"other": 1}', None),
        ("", None),
        ("{" * 5000, None),
        ("[" * 200_000, None),
        ('{"intro": ' + "9" * 5000 + "}", None),
    ],
)
def test_object_is_found_in_what_a_model_says(text: str, found: dict[str, Any] | None) -> None:
    assert read_json(text, NAMES) == found


@given(st.text() | st.text(alphabet='{}[]":,\\ax1'))
def test_no_answer_is_too_odd_to_be_judged(text: str) -> None:
    verdict = judge(text, PieceRequest(channel=Channel.LINKEDIN, brief="x"))

    assert verdict.is_good or verdict.complaints
