"""German patterns. Friendly and playful tones say "du", the others "Sie"."""

import re
from typing import Final

from nightdesk.providers.text.template.languages.pack import LanguagePack, Tone, ToneWords, words

GERMAN: Final = LanguagePack(
    code="de",
    signs=words(
        "und der die das ist sind mit für von wir unser unsere unseren auf nicht ein eine einen sie ihr auch zu im dem den bei"
    ),
    small_words=words(
        "der die das den dem des ein eine einen einem einer eines und oder aber denn sondern von vom zu zum zur in im"
        " an am auf aus bei beim mit nach für gegen ohne um über unter vor hinter neben zwischen durch bis seit als"
        " wie wenn weil dass ob da damit so auch nur noch schon sehr mehr alle allen alles jede jeder jedes ist sind"
        " war waren sein wird werden wurde hat haben hatte kann können soll sollen muss müssen darf will wollen es er"
        " sie wir ihr ich du uns euch ihnen ihm ihn ihre ihren ihrem ihrer unser unsere unseren unserem unserer euer"
        " eure mein dein nicht kein keine keinen innerhalb außerhalb hier dort dann nun man sich"
    ),
    breaks=words(
        "und oder aber für ohne bis ab seit bei beim in im an am auf aus wenn weil dass damit über während vor"
    ),
    weak_starts=words(
        "es er sie dies diese dieser dieses und aber auch dann dort damit dazu so darum deshalb das oder"
    ),
    plain_audience=words(
        "junge kleine große kreative lokale alle neue berufstätige ältere aktive mittlere selbstständige selbständige"
        " gesundheitsbewusste umweltbewusste sportliche moderne anspruchsvolle vielbeschäftigte wachsende die unsere"
    ),
    lead_ins=re.compile(
        r"""(?ix)^(?:
        (?:bitte\s+)?(?:schreib(?:e|t|en\s+sie)?|erstell(?:e|t|en\s+sie)?|mach(?:e|t|en\s+sie)?)\s+(?:uns\s+|mir\s+)?(?:eine?n?\s+)?(?:\w+\s+){0,2}?
          (?:kampagne|texte?|anzeigen?|beiträge?|posts?)\s+(?:über|für|zu[mr]?)
        | (?:eine\s+)?kampagne\s+(?:für|zu[mr]?|über)
        | wir\s+(?:möchten|wollen)\s+(?=[^.]{3,80}\s(?:bewerben|vorstellen|ankündigen|verkaufen|präsentieren)\b)
        )\s*:?\s+(?=\S)"""
    ),
    announces=re.compile(
        r"""(?ix)^wir\s+(?:starten|eröffnen|veröffentlichen|präsentieren|bringen|verkaufen|bieten|feiern|machen|bauen|zeigen)
        (?:\s+(?:jetzt|bald|nun|heute))?\s+(?=\S)"""
    ),
    private=re.compile(
        r"""(?ix)\b(?:budget\s*(?:[:=]|ist|von|liegt|beträgt|\d) | kpis?\b | deadline\b | stichtag\b | vertraulich | intern(?:e[rns]?)?\s+(?:notiz|info|nur)
        | zielgruppe\b | tonalität\b | der\s+ton\b | ansprache\b | hashtags?\b | call-to-action | \bcta\b | wettbewerber\w* | konkurrenz\b
        | bitte\b | nicht\s+(?:erwähnen|nennen|verwenden|sagen|schreiben) | vermeide\w* | (?:unser|das)\s+ziel\b | ziel\s+(?:ist|der\s+kampagne)
        | die\s+kampagne\b | wir\s+(?:möchten|wollen|brauchen|hoffen|erwarten|wünschen)\b | soll(?:te|ten|en)?\b[^.]{0,200}\b(?:klingen|wirken|ansprechen|enthalten|sein) )"""
    ),
    labels={
        "produkt": "product",
        "produktname": "product",
        "name": "product",
        "marke": "product",
        "dienstleistung": "product",
        "zielgruppe": "audience",
        "für": "audience",
        "für wen": "audience",
        "publikum": "audience",
        "angebot": "fact",
        "preis": "fact",
        "preise": "fact",
        "rabatt": "fact",
        "datum": "fact",
        "kosten": "fact",
        "dauer": "fact",
        "beginn": "fact",
        "treffpunkt": "fact",
        "wann": "fact",
        "wo": "fact",
        "ort": "fact",
        "öffnungszeiten": "fact",
        "beschreibung": "fact",
        "botschaft": "fact",
        "kernbotschaft": "fact",
        "was": "fact",
        "hintergrund": "fact",
        "vorteil": "point",
        "vorteile": "point",
        "nutzen": "point",
        "merkmale": "point",
        "eigenschaften": "point",
        "usp": "point",
        "usps": "point",
        "highlights": "point",
        "url": "link",
        "link": "link",
        "website": "link",
        "webseite": "link",
        "web": "link",
        "ton": "tone",
        "tonalität": "tone",
        "budget": "",
        "ziel": "",
        "ziele": "",
        "kpi": "",
        "kpis": "",
        "deadline": "",
        "termin": "",
        "kanäle": "",
        "sprache": "",
        "cta": "",
        "hinweis": "",
        "hinweise": "",
        "notiz": "",
        "intern": "",
        "wettbewerber": "",
        "kontakt": "",
        "stichwörter": "",
        "hashtags": "",
        "vermeiden": "",
    },
    copula=re.compile(
        r"^(?P<name>(?:[A-ZÄÖÜ0-9][\w&'\u2019.+-]*)(?: (?:[A-ZÄÖÜ0-9][\w&'\u2019.+-]*|von|&)){0,4})"
        r" (?:ist|sind|bietet|macht|hilft|bringt|sorgt|verbindet|liefert)\b(?: (?P<what>(?:ein|eine|der|die|das)\b.+))?"
    ),
    naming=re.compile(
        r"\b(?:namens|heißt) (?P<name>[A-Z\u00c0-\u00de0-9][\w'\u2019&.-]*(?: [A-Z\u00c0-\u00de0-9][\w'\u2019&.-]*){0,3})"
    ),
    relative=None,  # German relative clauses put the verb last: they do not stand on their own
    benefit=re.compile(
        r"(?i)\b(?:gratis|kostenlos\w*|neu\w*|spar\w*|schnell\w*|einfach\w*|besser\w*|best\w*|nur|nie|ohne|kein\w*|statt|hilft"
        r"|sofort|jederzeit|ab|bis|garant\w*|leicht\w*|minuten?|sekunden?|stunden?|tagen?|weniger|mehr|handgemacht\w*"
        r"|regional\w*|bio|frisch\w*|sicher\w*|rabatt|bequem\w*)\b|[%$\u20ac\u00a3]|\d[\d.,:]*"
    ),
    tones={
        Tone.PLAIN: ToneWords(
            hooks=("Ein Blick auf {product}.",),
            openers=("",),
            calls=("Erfahren Sie mehr", "Sehen Sie selbst", "Sprechen Sie uns an", "Informieren Sie sich"),
            greeting="Guten Tag,",
            farewell="Freundliche Grüße",
        ),
        Tone.FRIENDLY: ToneWords(
            hooks=("Entdecke {product}.", "Schau dir {product} an."),
            openers=("Gute Nachrichten:",),
            calls=("Schau vorbei", "Überzeug dich selbst", "Probier es aus", "Sei dabei"),
            greeting="Hallo,",
            farewell="Bis bald",
        ),
        Tone.PROFESSIONAL: ToneWords(
            hooks=("Lernen Sie {product} kennen.",),
            openers=("Kurz gefasst:", "Auf einen Blick:"),
            calls=("Erfahren Sie mehr", "Informieren Sie sich", "Sprechen Sie uns an", "Fordern Sie Details an"),
            greeting="Guten Tag,",
            farewell="Mit freundlichen Grüßen",
        ),
        Tone.PLAYFUL: ToneWords(
            hooks=("Kennst du schon {product}?",),
            openers=("Rate mal:", "Psst:"),
            calls=("Na los, schau mal rein", "Gönn dir was", "Einfach ausprobieren", "Du willst es doch auch"),
            greeting="Hey,",
            farewell="Bis zum nächsten Mal",
        ),
        Tone.URGENT: ToneWords(
            hooks=("Entdecken Sie jetzt {product}.", "Verpassen Sie nicht {product}."),
            openers=("Nicht warten:", "Jetzt:"),
            calls=("Handeln Sie jetzt", "Greifen Sie zu", "Starten Sie noch heute", "Schnell sein lohnt sich"),
            greeting="Guten Tag,",
            farewell="Warten Sie nicht zu lange",
        ),
        Tone.PREMIUM: ToneWords(
            hooks=("Entdecken Sie {product}.", "Erleben Sie {product}."),
            openers=("Für höchste Ansprüche:",),
            calls=("Entdecken Sie mehr", "Erleben Sie es selbst", "Sehen Sie genauer hin", "Erfahren Sie mehr"),
            greeting="Guten Tag,",
            farewell="Mit besten Empfehlungen",
        ),
    },
    audience_line="Gemacht für {audience}.",
    link_call="{call}: {url}",
    bullets_intro="Das steckt drin:",
    sections={
        "why": "Warum es sich lohnt",
        "details": "Die Einzelheiten",
        "audience": "Für wen es gemacht ist",
        "next": "Der nächste Schritt",
    },
    capital_nouns=True,
    team="Das Team von {product}",
    team_unnamed="Das Team",
)
