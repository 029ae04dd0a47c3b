"""Free words about a voice, read as one of the tones that the patterns know."""

import re
import unicodedata
from typing import Final

from nightdesk.providers.text.template.languages.pack import Tone


def _fold(text: str) -> str:
    """Take case and accents off."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


#: Starts of words in English, German, French and Spanish; the first one found in the text decides.
_STEMS: Final[dict[str, Tone]] = {
    _fold(stem): tone
    for tone, stems in {
        Tone.FRIENDLY: "friend warm casual welcom cosy cozy relax informal kind approach conversation freundlich herzlich"
        " locker nahbar familiär amical chaleur convivial sympa amab amig cercan cálid simpátic",
        Tone.PROFESSIONAL: "profession business formal serious expert trust corporate factual sober sachlich seriös"
        " geschäft kompetent fachlich sérieu profesional formel seri",
        Tone.PLAYFUL: "playful fun witty humor humour cheeky quirky bold young spielerisch witzig lustig frech humorvoll"
        " ludique drôle espiègle divertid graciós juguet",
        Tone.URGENT: "urgent hurry last-minute limited fomo pushy dringend eilig dringlich pressé urgente",
        Tone.PREMIUM: "premium luxur elegan exclusiv sophisticat refined high-end edel hochwertig exklusiv raffin"
        " luxe lujo exclusiv sofisticad",
        Tone.PLAIN: "plain neutral simple clear honest schlicht klar nüchtern sobre clair sencill clar",
    }.items()
    for stem in stems.split()
}
_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def read_tone(text: str) -> Tone:
    """Read a tone out of free words such as "warm, a little witty"; plain where nothing is recognised."""
    for word in _WORD.findall(_fold(text)):
        for stem, tone in _STEMS.items():
            if word.startswith(stem):
                return tone
    return Tone.PLAIN
