"""Limits as data, and what is said when a piece breaks one."""

import re
from typing import Any

import pytest

from nightdesk.providers.text.channels import CHANNELS, Channel, Unit
from nightdesk.providers.text.limits import check_piece
from nightdesk.providers.text.pieces import FIELDS

RSA: dict[str, Any] = {"headlines": ["One", "Two", "Three"], "descriptions": ["First.", "Second."]}


def test_data_holds_the_limits_that_the_platforms_publish() -> None:
    limits = {
        (spec.channel.value, field.name): (field.soft, field.hard, field.least, field.most, field.unit)
        for spec in CHANNELS.values()
        for field in spec.fields
    }
    plain, double, weighted = Unit.CHARACTERS, Unit.DOUBLE_WIDTH, Unit.WEIGHTED
    assert limits == {
        ("google_rsa", "headlines"): (None, 30, 3, 15, double),
        ("google_rsa", "descriptions"): (None, 90, 2, 4, double),
        ("google_rsa", "path1"): (None, 15, 0, 1, double),
        ("google_rsa", "path2"): (None, 15, 0, 1, double),
        ("meta_feed", "primary_text"): (125, 2200, 1, 1, plain),
        ("meta_feed", "headline"): (40, 255, 1, 1, plain),
        ("meta_feed", "description"): (30, None, 1, 1, plain),
        ("linkedin", "intro"): (150, 600, 1, 1, plain),
        ("linkedin", "headline"): (70, 200, 1, 1, plain),
        ("linkedin", "description"): (100, 300, 1, 1, plain),
        ("x", "text"): (None, 280, 1, 1, weighted),
        ("email", "subject"): (50, 200, 1, 1, plain),
        ("email", "preheader"): (90, 360, 1, 1, plain),
        ("email", "body"): (None, None, 1, 1, plain),
        ("blog", "title"): (60, 240, 1, 1, plain),
        ("blog", "meta_description"): (155, 620, 1, 1, plain),
        ("blog", "body"): (None, None, 1, 1, plain),
    }


def test_every_limit_names_its_source_and_date() -> None:
    sources = [field.source for spec in CHANNELS.values() for field in spec.fields]

    assert [source for source in sources if not re.fullmatch(r"20\d\d-\d\d-\d\d", source.checked)] == []
    assert [source for source in sources if source.vendor and not source.url.startswith("https://")] == []


@pytest.mark.parametrize("channel", Channel)
def test_typed_fields_are_the_fields_of_the_data(channel: Channel) -> None:
    specs = {spec.name: spec for spec in CHANNELS[channel].fields}
    typed = FIELDS[channel].model_fields

    assert list(typed) == list(specs)
    assert {name: field.annotation for name, field in typed.items()} == {
        name: list[str] if spec.most > 1 else str for name, spec in specs.items()
    }
    assert {name for name, field in typed.items() if field.is_required()} == {
        name for name, spec in specs.items() if spec.least
    }


def test_good_piece_has_no_findings() -> None:
    findings = check_piece(Channel.GOOGLE_RSA, RSA | {"path1": "coffee", "path2": "sale"})

    assert (findings.errors, findings.warnings) == ((), ())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"headlines": ["One", "Two"]}, "Google needs at least 3 headlines; there are 2. Add more."),
        (
            {"headlines": [str(number) for number in range(16)]},
            "Google takes at most 15 headlines; there are 16. Remove some.",
        ),
        ({"headlines": ["One", "Two", "one"]}, "Google refuses the same headline twice. Change one of them."),
        ({"headlines": ["One", "Two", " "]}, "Headline 3 is blank. Write it or remove it."),
        (
            {"headlines": ["One", "Two", "x" * 34]},
            "Headline 3 is 34 characters long; Google allows 30 (wide characters count as two). Shorten it by 4.",
        ),
        (
            {"headlines": ["One", "Two", "コ" * 16]},
            "Headline 3 is 32 characters long; Google allows 30 (wide characters count as two). Shorten it by 2.",
        ),
        ({"headlines": "One"}, "Headlines must be a list of texts."),
        ({"headlines": ["One", "Two", 3]}, "Headlines must be a list of texts."),
        ({"path1": 3}, "Path 1 must be a text."),
        ({"path2": "sale"}, "Path 2 needs Path 1. Fill that first, or leave both empty."),
        ({"colour": "red"}, "Google Search ad has no field colour. Remove it."),
    ],
)
def test_broken_limit_is_said_in_plain_words(change: dict[str, Any], complaint: str) -> None:
    assert check_piece(Channel.GOOGLE_RSA, RSA | change).errors == (complaint,)


def test_missing_text_is_an_error() -> None:
    assert check_piece(Channel.X, {}).errors == ("Post is empty. Write one.",)
    assert check_piece(Channel.X, {"text": ""}).errors == ("Post is empty. Write one.",)


def test_soft_limit_is_a_warning_and_the_hard_one_an_error() -> None:
    fields = {"intro": "x" * 151, "headline": "x" * 201, "description": "fits"}

    findings = check_piece(Channel.LINKEDIN, fields)

    assert findings.warnings == (
        "Introduction is 151 characters long; LinkedIn may cut it after 150. Shorten it by 1.",
    )
    assert findings.errors == ("Headline is 201 characters long; LinkedIn allows 200. Shorten it by 1.",)


@pytest.mark.parametrize(("length", "errors"), [(280, 0), (281, 1)])
def test_limit_itself_is_allowed(length: int, errors: int) -> None:
    assert len(check_piece(Channel.X, {"text": "x" * length}).errors) == errors


def test_ceiling_of_common_practice_names_no_platform() -> None:
    fields = {"subject": "x" * 3_999, "preheader": "fits", "body": "fits"}

    assert check_piece(Channel.EMAIL, fields).errors == (
        "Subject is 3999 characters long; common practice is at most 200. Shorten it by 3799.",
    )
