"""The set without words, for every language that has no patterns: it arranges the brief's own sentences and adds none."""

import re
from typing import Final

from nightdesk.providers.text.template.languages.pack import LanguagePack, Tone, ToneWords

_NEVER: Final = re.compile(r"(?!)")
_WORDLESS: Final = ToneWords(hooks=(), openers=("",), calls=(), greeting="", farewell="")

NEUTRAL: Final = LanguagePack(
    code="und",
    signs=frozenset(),
    small_words=frozenset(),
    breaks=frozenset(),
    weak_starts=frozenset(),
    plain_audience=frozenset(),
    lead_ins=_NEVER,
    announces=_NEVER,
    private=_NEVER,
    labels={"url": "link"},
    copula=_NEVER,
    naming=_NEVER,
    relative=None,
    benefit=re.compile(r"[%$\u20ac\u00a3\u00a5\u20b9]|\d[\d.,:]*"),
    tones=dict.fromkeys(Tone, _WORDLESS),
    audience_line="",
    link_call="{url}",
    bullets_intro="",
    sections={},
    team="",
    team_unnamed="",
    # Read as loan words nearly everywhere; used only where a brief has too few short phrases for a channel's minimum.
    stand_ins=("Info", "Online", "Start"),
)
