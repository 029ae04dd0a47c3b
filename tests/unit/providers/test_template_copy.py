"""Whole pieces, word for word: a change in the patterns shows here."""

from typing import Any

import pytest

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.protocol import PieceDraft, PieceRequest
from nightdesk.providers.text.registry import find_writer

NIMBUS = (
    "Nimbus is a compact espresso machine that heats up in 30 seconds. It fits on any kitchen counter. "
    "Every machine comes with a five-year warranty and free delivery. Our budget is 5,000 EUR. "
    "Order before 1 December and save 15%. More at https://nimbus.example/autumn."
)


def write(channel: Channel, brief: str, **fields: Any) -> PieceDraft:
    return find_writer().write(PieceRequest(channel=channel, brief=brief, **fields))


def test_post_on_x() -> None:
    draft = write(Channel.X, NIMBUS, tone="professional", audience="Busy coffee lovers")

    assert draft.fields["text"] == (
        "Introducing Nimbus: a compact espresso machine that heats up in 30 seconds. Order before 1 December and save 15%. "
        "Every machine comes with a five-year warranty and free delivery. It fits on any kitchen counter. "
        "Made for busy coffee lovers. Get in touch: https://nimbus.example/autumn"
    )
    assert (draft.made_by, draft.warnings) == ("template", [])


def test_search_ad() -> None:
    draft = write(Channel.GOOGLE_RSA, NIMBUS, tone="professional", audience="Busy coffee lovers")

    assert draft.fields == {
        "headlines": [
            "Nimbus",
            "Order before 1 December",
            "A compact espresso machine",
            "See how it works",
            "Made for busy coffee lovers",
            "Heats up in 30 seconds",
            "Get in touch",
            "Request the details",
        ],
        "descriptions": [
            "Introducing Nimbus: a compact espresso machine that heats up in 30 seconds.",
            "Order before 1 December and save 15%. Get in touch.",
            "Every machine comes with a five-year warranty and free delivery. Request the details.",
            "Made for busy coffee lovers. Learn more.",
        ],
        "path1": "Nimbus",
        "path2": "",
    }


def test_german_email() -> None:
    draft = write(
        Channel.EMAIL,
        "Wir eröffnen im Mai unsere neue Fahrradwerkstatt in Leipzig. Reparaturen innerhalb von 24 Stunden. "
        "Bitte keine Konkurrenz erwähnen.\n\n- Faire Preise\n- Kostenloser Check für Neukunden",
        tone="freundlich",
        audience="Pendler",
        language="de",
    )

    assert draft.fields == {
        "subject": "Unsere neue Fahrradwerkstatt in Leipzig",
        "preheader": "Reparaturen innerhalb von 24 Stunden.",
        "body": (
            "Hallo,\n\nEntdecke unsere neue Fahrradwerkstatt in Leipzig. Reparaturen innerhalb von 24 Stunden.\n\n"
            "Wir eröffnen im Mai unsere neue Fahrradwerkstatt in Leipzig.\n\nDas steckt drin:\n\n- Faire Preise\n"
            "- Kostenloser Check für Neukunden\n\nGemacht für Pendler.\n\nProbier es aus.\n\nBis bald\nDas Team"
        ),
    }


def test_other_language_is_arranged_from_its_own_sentences_and_says_so() -> None:
    draft = write(Channel.META_FEED, "Чиним старые велосипеды. Бесплатная диагностика за 15 минут.", language="ru")

    assert draft.fields == {
        "primary_text": "Бесплатная диагностика за 15 минут. Чиним старые велосипеды.",
        "headline": "Бесплатная диагностика за 15 минут",
        "description": "Чиним старые велосипеды",
    }
    assert draft.warnings == [
        "There are no patterns for the language 'ru' of this brief: the piece arranges its own sentences. Edit it before use."
    ]


@pytest.mark.parametrize(
    ("brief", "note"),
    [
        ("Sale", "The brief says little. Add two or three facts or benefits, then regenerate."),
        (
            "Our budget is 500 EUR. Please write an ad.",
            "The brief holds instructions only. Say what this is about, then regenerate.",
        ),
        (
            "We sell " + "very " * 80 + "good bread and cake and rolls.",
            "A sentence of the brief is too long for this channel and ends in an ellipsis. Rewrite it shorter.",
        ),
    ],
)
def test_poor_brief_is_answered_with_what_to_change(brief: str, note: str) -> None:
    assert note in write(Channel.X, brief).warnings


def test_tone_changes_the_words() -> None:
    texts = {
        write(Channel.X, NIMBUS, tone=tone).fields["text"] for tone in ("friendly", "formal", "urgent", "luxury", "")
    }

    assert len(texts) == 5


def test_headlines_carry_no_exclamation_mark() -> None:
    draft = write(Channel.GOOGLE_RSA, "Buy now! Best price! Only today! Wow! Really great bread!")

    assert [headline for headline in draft.fields["headlines"] if "!" in headline] == []


def test_writer_that_does_not_exist_is_a_setting_to_mend() -> None:
    with pytest.raises(Misconfigured, match=r"no text writer named 'gpt'\. Choose one of: openai, template\."):
        find_writer("gpt")
