"""A reading held to a brand kit: what says a word to avoid is left out, what says a word to use comes first."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from nightdesk.providers.text.brand import find_forbidden
from nightdesk.providers.text.protocol import BrandVoice
from nightdesk.providers.text.template.brief import Reading
from nightdesk.providers.text.template.languages.pack import LanguagePack, ToneWords

Allows = Callable[[str], bool]


def apply_kit(reading: Reading, kit: BrandVoice | None) -> Reading:
    """Return the reading without what the kit avoids, as far as something remains to be said.

    The product's name stays: without it nobody knows what is spoken of. Where every sentence says a word to avoid, all
    of them stay; the writer tells the reader.
    """
    if kit is None:
        return reading
    preferred = _prefer(reading, kit.words_to_use)
    if not kit.words_to_avoid:
        return preferred

    def allows(text: str) -> bool:
        return not find_forbidden([text], kit.words_to_avoid)

    return _leave_out(preferred, allows)


def _prefer(reading: Reading, words: list[str]) -> Reading:
    """Put first what says a word to use; else the order stays."""
    if not words:
        return reading

    def order(texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(texts, key=lambda text: -len(find_forbidden([text], words))))

    return replace(reading, best=order(reading.best), points=order(reading.points))


def _leave_out(reading: Reading, allows: Allows) -> Reading:
    facts, best, points, phrases, names = (
        tuple(filter(allows, texts))
        for texts in (reading.facts, reading.best, reading.points, reading.key_phrases, reading.names)
    )
    kept = replace(
        reading,
        pack=_clean_pack(reading.pack, allows),
        description=reading.description if allows(reading.description) else "",
        audience=reading.audience if allows(reading.audience) else "",
        key_phrases=phrases,
        names=names,
    )
    says_nothing = not (facts or points or kept.description)
    return kept if says_nothing else replace(kept, facts=facts, best=best, points=points)


def _clean_pack(pack: LanguagePack, allows: Allows) -> LanguagePack:
    """Take the patterns out that say a word to avoid; what is then missing is missing in the neutral set too."""
    tones = {tone: _clean_tone(words, allows) for tone, words in pack.tones.items()}
    has_calls = all(words.calls for words in tones.values())
    return replace(
        pack,
        tones=tones,
        audience_line=_keep(pack.audience_line, allows),
        link_call=(_keep(pack.link_call, allows) if has_calls else "") or "{url}",
        bullets_intro=_keep(pack.bullets_intro, allows),
        sections={name: heading for name, heading in pack.sections.items() if allows(heading)},
        team=_keep(pack.team, allows),
        team_unnamed=_keep(pack.team_unnamed, allows),
        stand_ins=tuple(filter(allows, pack.stand_ins)),
    )


def _clean_tone(words: ToneWords, allows: Allows) -> ToneWords:
    return ToneWords(
        hooks=tuple(filter(allows, words.hooks)),
        openers=tuple(filter(allows, words.openers)) or ("",),
        calls=tuple(filter(allows, words.calls)),
        greeting=_keep(words.greeting, allows),
        farewell=_keep(words.farewell, allows),
    )


def _keep(text: str, allows: Allows) -> str:
    return text if allows(text) else ""
