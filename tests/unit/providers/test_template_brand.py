"""Templates and a brand kit: what is left out, what comes first, what is said; and a second arrangement."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.providers.text.brand import find_forbidden, texts_of
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.limits import check_piece
from nightdesk.providers.text.protocol import BrandVoice, PieceDraft, PieceRequest
from nightdesk.providers.text.template.writer import TemplateWriter

BRIEF = (
    "Nimbus is a compact espresso machine that heats up in 30 seconds. It is the cheapest machine of its kind. "
    "Every machine comes with a five-year warranty and free delivery. Order before 1 December and save 15%. "
    "The steel is recycled in our own workshop. More at https://nimbus.example/autumn."
)
KIT = BrandVoice(words_to_avoid=["cheapest", "free delivery", "find out more"])


def write(channel: Channel, brief: str = BRIEF, **fields: Any) -> PieceDraft:
    return TemplateWriter().write(PieceRequest(channel=channel, brief=brief, **fields))


@pytest.mark.parametrize("channel", Channel)
def test_sentences_and_patterns_with_words_to_avoid_are_left_out(channel: Channel) -> None:
    without = write(channel)
    draft = write(channel, brand=KIT)

    assert find_forbidden(texts_of(draft.fields), KIT.words_to_avoid) == []
    assert [note for note in draft.notes if "brand kit" in note] == []
    assert draft.fields != without.fields
    assert check_piece(channel, draft.fields).errors == ()


def test_word_to_avoid_in_the_products_own_name_is_said() -> None:
    draft = write(Channel.LINKEDIN, product="Nimbus", brand=BrandVoice(words_to_avoid=["nimbus"]))

    assert "Nimbus" in " ".join(texts_of(draft.fields))
    assert draft.notes == ["It says “nimbus”, which the brand kit forbids. Edit the text, or change the kit."]


def test_brief_that_cannot_be_told_without_a_word_to_avoid_is_told_and_it_is_said() -> None:
    draft = write(
        Channel.X, "Cheap bread for everyone. Cheap cakes on Sundays.", brand=BrandVoice(words_to_avoid=["cheap"])
    )

    assert "heap" in draft.fields["text"]
    assert [note for note in draft.notes if "brand kit" in note] == [
        "It says “cheap”, which the brand kit forbids. Edit the text, or change the kit."
    ]


def test_sentence_with_a_word_to_use_comes_first() -> None:
    usual = write(Channel.BLOG).fields["meta_description"]
    preferred = write(Channel.BLOG, brand=BrandVoice(words_to_use=["recycled"])).fields["meta_description"]

    assert "recycled" not in usual
    assert "The steel is recycled in our own workshop." in preferred


def test_audience_and_voice_of_the_kit_count_where_the_campaign_has_none() -> None:
    kit = BrandVoice(audience="Early risers", voice="urgent and loud")

    assert "Made for Early risers." in write(Channel.EMAIL, brand=kit).fields["body"]
    assert write(Channel.EMAIL, brand=kit).fields["body"].endswith("Do not leave it too late\nThe Nimbus team")
    own = write(Channel.EMAIL, brand=kit, audience="Night owls", tone="friendly").fields["body"]
    assert "isers" not in own
    assert own.endswith("See you soon\nThe Nimbus team")


@pytest.mark.parametrize("channel", Channel)
def test_piece_that_follows_another_differs_from_it(channel: Channel) -> None:
    first = write(channel)
    second = write(channel, previous=first.fields)
    third = write(channel, previous=second.fields)

    assert second.fields != first.fields
    assert third.fields != second.fields
    assert check_piece(channel, second.fields).errors == ()
    assert write(channel, previous=first.fields) == second


def test_wish_cannot_be_followed_and_that_is_said() -> None:
    first = write(Channel.X)
    second = write(Channel.X, wish="Make it rhyme", previous=first.fields)

    assert second.fields != first.fields
    assert second.notes[0] == (
        "Templates cannot follow a wish: this is another arrangement of the brief. Edit it by hand, or connect a model."
    )
    assert "rhyme" not in " ".join(texts_of(second.fields))


def test_brief_with_nothing_to_rearrange_is_said() -> None:
    first = write(Channel.X, "\u65b0\u54c1", language="zh")
    second = write(Channel.X, "\u65b0\u54c1", language="zh", wish="Longer", previous=first.fields)

    assert second.fields == first.fields
    assert second.notes[:2] == [
        "Templates cannot follow a wish. Edit the text by hand, or connect a model.",
        "The brief gives nothing for another arrangement: this is the same text again. Say more in the brief.",
    ]


words = st.sampled_from(BRIEF.split()) | st.sampled_from(["Get in touch", "Nimbus", "a", "Hello", "Info", "the"])


@settings(max_examples=150)
@given(
    channel=st.sampled_from(list(Channel)),
    language=st.sampled_from(["en", "de", "ja"]),
    avoid=st.lists(words | st.text(max_size=10), max_size=30),
    use=st.lists(words | st.text(max_size=10), max_size=5),
)
def test_no_kit_leads_to_a_piece_that_breaks_a_limit(
    channel: Channel, language: str, avoid: list[str], use: list[str]
) -> None:
    brand = BrandVoice(words_to_avoid=avoid, words_to_use=use)
    draft = write(channel, language=language, brand=brand)

    assert check_piece(channel, draft.fields).errors == ()
    used = find_forbidden(texts_of(draft.fields), avoid)
    assert bool(used) == any("which the brand kit forbids" in note for note in draft.notes)
