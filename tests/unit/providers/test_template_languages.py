"""The patterns themselves: complete, short enough, and found for the right texts."""

import pytest

from nightdesk.providers.text.template.languages import NEUTRAL, PACKS, LanguagePack, Tone, find_pack, guess_language
from nightdesk.providers.text.template.tones import read_tone

packs = pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)


@packs
def test_every_tone_has_calls_that_any_headline_can_hold(pack: LanguagePack) -> None:
    for tone in Tone:
        calls = pack.tones[tone].calls
        assert len(calls) == len(set(calls)) >= 3
        assert [call for call in calls if len(call) > 30 or "!" in call or call.endswith(".")] == []


@packs
def test_every_pattern_fills_in(pack: LanguagePack) -> None:
    hooks = [hook for tone in Tone for hook in pack.tones[tone].hooks]

    assert [hook for hook in hooks if "Nimbus" not in hook.format(product="Nimbus")] == []
    assert "them" in pack.audience_line.format(audience="them")
    assert "Nimbus" in pack.team.format(product="Nimbus")
    assert pack.link_call.format(call="Go", url="https://x.example").endswith("https://x.example")
    assert sorted(pack.sections) == ["audience", "details", "next", "why"]


@packs
def test_signs_tell_the_language_from_the_others(pack: LanguagePack) -> None:
    others = frozenset().union(*(other.signs for other in PACKS.values() if other is not pack))

    assert len(pack.signs - others) >= 10


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We are opening our new shop in May.", "en"),
        ("Autumn sale, 20% off all jackets until Sunday.", "en"),
        ("Wir eröffnen im Mai unsere neue Werkstatt.", "de"),
        ("Nous ouvrons notre nouvelle boutique avec des prix doux.", "fr"),
        ("Abrimos nuestra nueva tienda con los mejores precios.", "es"),
        ("Sale", "en"),
        ("新しいコーヒー豆の定期便を始めました。", "und"),
        ("نطلق آلة قهوة صغيرة جديدة", "und"),
        ("Otwieramy nowy sklep rowerowy blisko centrum Krakowa", "und"),
        ("🎉", "en"),
    ],
)
def test_language_is_guessed_from_small_words(text: str, language: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("en", "Coffee", "en"),
        ("de-AT", "Kaffee", "de"),
        ("ES_mx", "Café", "es"),
        ("pt-BR", "Café", "und"),
        ("und", "Coffee", "und"),
        ("en", "新しいコーヒー", "und"),  # English patterns around Japanese sentences would be neither
    ],
)
def test_patterns_are_those_of_language_and_script(language: str, text: str, code: str) -> None:
    assert find_pack(language, text).code == code


def test_neutral_set_adds_no_words() -> None:
    said = {NEUTRAL.tones[tone].hooks + NEUTRAL.tones[tone].calls for tone in Tone}
    greetings = {NEUTRAL.tones[tone].greeting + NEUTRAL.tones[tone].farewell for tone in Tone}

    assert (said, greetings) == ({()}, {""})
    assert (NEUTRAL.audience_line, NEUTRAL.team, NEUTRAL.bullets_intro, dict(NEUTRAL.sections)) == ("", "", "", {})


@pytest.mark.parametrize(
    ("words", "tone"),
    [
        ("", Tone.PLAIN),
        ("warm, a bit witty", Tone.FRIENDLY),
        ("Professional & serious", Tone.PROFESSIONAL),
        ("a little witty", Tone.PLAYFUL),
        ("URGENT", Tone.URGENT),
        ("élégant", Tone.PREMIUM),
        ("hochwertig", Tone.PREMIUM),
        ("cercano", Tone.FRIENDLY),
        ("like a pirate", Tone.PLAIN),
    ],
)
def test_tone_is_read_from_free_words(words: str, tone: Tone) -> None:
    assert read_tone(words) == tone
