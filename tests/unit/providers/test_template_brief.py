"""What the template writer reads out of a brief, and what it leaves alone."""

from typing import Any

import pytest

from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.protocol import PieceRequest
from nightdesk.providers.text.template.brief import Reading, read_brief
from nightdesk.providers.text.template.languages import Tone
from nightdesk.providers.text.template.sentences import clean, split_sentences

FORM = """# Campaign brief: GreenBox relaunch

## Product
GreenBox, a weekly box of seasonal organic vegetables

## Target audience
Young families in Hamburg who lack time to shop

## Key messages
- Delivered to your door every Thursday
- Skip or cancel any week

## Offer
First box half price until 15 March.

## Tone
Warm and honest

## Budget
EUR 12,000

## Mandatories
Do not mention supermarkets. Use the URL https://greenbox.example/start.
"""


def read(brief: str, **fields: Any) -> Reading:
    return read_brief(PieceRequest(channel=Channel.X, brief=brief, **fields))


def test_form_is_read_by_its_headings() -> None:
    reading = read(FORM)

    assert (reading.product, reading.named) == ("GreenBox", True)
    assert reading.description == "a weekly box of seasonal organic vegetables"
    assert reading.audience == "young families in Hamburg who lack time to shop"
    assert reading.points[:2] == ("Delivered to your door every Thursday", "Skip or cancel any week")
    assert reading.facts == ("First box half price until 15 March.",)
    assert (reading.tone, reading.link) == (Tone.FRIENDLY, "https://greenbox.example/start")


def test_fields_of_the_campaign_win_over_the_brief() -> None:
    reading = read(FORM, product="BlueBox", audience="Students", tone="urgent")

    assert (reading.product, reading.audience, reading.tone) == ("BlueBox", "students", Tone.URGENT)


@pytest.mark.parametrize(
    ("brief", "product", "named"),
    [
        ("Nimbus is a compact espresso machine.", "Nimbus", True),
        ("The Daily Bread is a bakery in York.", "The Daily Bread", True),
        ("We built an app called Tidepool. It is free.", "Tidepool", True),
        ("We are launching Lumo, a lamp for balconies.", "Lumo", True),
        ("Promote Lumo.", "Lumo", True),
        (
            "We are launching our new oat-milk barista blend for home coffee lovers.",
            "our new oat-milk barista blend",
            False,
        ),
        ("Promote our autumn sale: 20% off all jackets.", "our autumn sale", False),
        ("This is a chance for everyone.", "", False),
        ("Our shop is a place to meet.", "", False),
        ("Fresh bread every morning.", "", False),
    ],
)
def test_product_is_found_where_the_brief_names_one(brief: str, product: str, named: bool) -> None:
    reading = read(brief)

    assert (reading.product, reading.named) == (product, named)


@pytest.mark.parametrize(
    ("language", "brief", "product"),
    [
        (
            "de",
            "Wir eröffnen im Mai unsere neue Fahrradwerkstatt in Leipzig.",
            "unsere neue Fahrradwerkstatt in Leipzig",
        ),
        ("fr", "Le Petit Four est une boulangerie artisanale.", "Le Petit Four"),
        ("es", "Presentamos Huerto Vivo, una caja semanal de verduras.", "Huerto Vivo"),
    ],
)
def test_product_is_found_in_other_languages(language: str, brief: str, product: str) -> None:
    assert read(brief, language=language).product == product


@pytest.mark.parametrize(
    ("language", "secret"),
    [
        ("en", "Our budget is 5,000 EUR."),
        ("en", "Please do not mention competitors."),
        ("en", "The tone should be warm."),
        ("en", "We want to grow to 6,000 subscribers by June."),
        ("en", "Target audience: busy people"),
        ("en", "KPI: 3% CTR"),
        ("de", "Das Budget beträgt 5.000 €."),
        ("de", "Bitte keine Konkurrenz erwähnen."),
        ("fr", "Le budget est de 5 000 €."),
        ("fr", "Merci de ne pas citer les concurrents."),
        ("es", "El presupuesto es de 5.000 €."),
        ("es", "Por favor, no mencionar a la competencia."),
    ],
)
def test_what_is_meant_for_the_writer_is_never_published(language: str, secret: str) -> None:
    reading = read(f"Nimbus 3000.\n{secret}\nNimbus 4000.", language=language)

    assert reading.facts == ("Nimbus 3000.", "Nimbus 4000.")


def test_instruction_is_taken_off_and_its_subject_stays() -> None:
    assert read("Write a campaign about our new podcast on history: 20 minutes long.").facts == (
        "Our new podcast on history: 20 minutes long.",
    )


def test_link_is_kept_aside() -> None:
    reading = read("Order Nimbus today at https://nimbus.example/a?b=1. More at https://other.example.")

    assert reading.link == "https://nimbus.example/a?b=1"
    assert reading.facts == ("Order Nimbus today.",)


def test_audience_loses_ages_and_its_capital() -> None:
    assert read("Bread.", audience="Young families, 25-40").audience == "young families"
    assert read("Bread.", audience="Germans abroad").audience == "Germans abroad"


def test_markup_and_hidden_characters_are_no_words() -> None:
    assert clean("**Bold** <b>and</b> _light_\u202e [link](https://x.example)\r\nnul\x00") == (
        "Bold and light link https://x.example\nnul"
    )


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It costs 3.50 EUR. Buy it.", ["It costs 3.50 EUR.", "Buy it."]),
        ("Dr. Who, e.g. the doctor, is in.", ["Dr. Who, e.g. the doctor, is in."]),
        ("Am 3. Oktober ist zu. Danke.", ["Am 3. Oktober ist zu.", "Danke."]),
        ("豆です。半額です！", ["豆です。", "半額です！"]),
        ("See https://x.example/a.b now.", ["See https://x.example/a.b now."]),
    ],
)
def test_sentences_end_where_they_end(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


def test_what_people_should_do_is_an_instruction() -> None:
    reading = read("Quirin is a rusk that keeps for two years. People should order at quirin.example.")

    assert "should" not in " ".join([*reading.facts, *reading.points])
