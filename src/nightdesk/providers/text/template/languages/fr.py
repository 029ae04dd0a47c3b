"""French patterns. Every tone says "vous"."""

import re
from typing import Final

from nightdesk.providers.text.template.languages.pack import LanguagePack, Tone, ToneWords, words

FRENCH: Final = LanguagePack(
    code="fr",
    signs=words(
        "le les des du est sont avec pour dans nous notre nos vous votre vos et une sur pas qui plus au aux ce cette"
    ),
    small_words=words(
        "le la les l un une des du de d et ou mais donc or ni car à au aux en dans sur sous par pour avec sans chez"
        " vers entre jusqu depuis pendant comme que qui quoi dont où ce cet cette ces mon ton son ma ta sa mes tes ses"
        " notre nos votre vos leur leurs je tu il elle on nous vous ils elles me te se y ne pas plus très aussi si"
        " est sont était être a ont avoir sera seront peut peuvent doit doivent tout tous toute toutes chaque même"
        " ici là alors ainsi afin"
    ),
    breaks=words(
        "et ou mais pour sans dans en sur chez depuis jusqu'au jusqu'à jusqu'en dès qui que dont où car lorsque quand"
        " pendant afin"
    ),
    weak_starts=words("il elle ils elles ce cela ceci cette ces et mais donc aussi alors ainsi on c'est ou"),
    plain_audience=words(
        "les jeunes petites petits familles parents femmes hommes étudiants équipes créatifs toutes tous amateurs"
        " passionnés entreprises indépendants artisans voyageurs sportifs particuliers professionnels citadins"
    ),
    lead_ins=re.compile(
        r"""(?ix)^(?:
        (?:merci\s+d[e'\u2019]\s*)?(?:écri(?:re|vez|s)|cré(?:er|ez)|rédige[rz]?|prépare[rz]?)\s+(?:une?\s+|des\s+)?(?:\w+\s+){0,2}?
          (?:campagne|textes?|annonces?|publications?)\s+(?:sur|pour|de\s+lancement\s+pour)
        | (?:une\s+)?campagne\s+(?:pour|sur)
        | (?:le\s+)?lancement\s+d[eu]\s
        | nous\s+(?:voulons|souhaitons|aimerions)\s+(?:promouvoir|annoncer|lancer|présenter|vendre)
        | (?:promouvoir|annoncer|présenter)
        )\s*:?\s*(?=\S)"""
    ),
    announces=re.compile(
        r"(?i)^nous\s+(?:lançons|ouvrons|présentons|annonçons|proposons|vendons|fêtons|organisons|fabriquons)\s+(?=\S)"
    ),
    private=re.compile(
        r"""(?ix)\b(?:budget\s*(?:[:=]|est|de\s+\d|\d) | kpis?\b | date\s+limite | échéance\b | confidentiel\w* | (?:note|usage)\s+interne
        | (?:public|clientèle|audience|cœur\s+de)\s+cible | cible\s*: | le\s+ton\b | hashtags?\b | appel\s+à\s+l['\u2019]action | concurrents?\b
        | merci\s+de\b | (?:ne\s+pas|évite[rz]?)\s+\w+ | (?:notre|l['\u2019])\s*objectif\b | la\s+campagne\b
        | nous\s+(?:voulons|souhaitons|aimerions|espérons|attendons)\b | doi(?:t|vent)\s+(?:être|rester|donner|parler) )"""
    ),
    labels={
        "produit": "product",
        "nom": "product",
        "nom du produit": "product",
        "marque": "product",
        "service": "product",
        "public": "audience",
        "cible": "audience",
        "public cible": "audience",
        "pour": "audience",
        "pour qui": "audience",
        "offre": "fact",
        "prix": "fact",
        "tarif": "fact",
        "tarifs": "fact",
        "date": "fact",
        "coût": "fact",
        "durée": "fact",
        "quand": "fact",
        "où": "fact",
        "lieu": "fact",
        "horaires": "fact",
        "description": "fact",
        "message": "fact",
        "message clé": "fact",
        "contexte": "fact",
        "avantage": "point",
        "avantages": "point",
        "bénéfices": "point",
        "atouts": "point",
        "caractéristiques": "point",
        "points forts": "point",
        "url": "link",
        "lien": "link",
        "site": "link",
        "site web": "link",
        "ton": "tone",
        "budget": "",
        "objectif": "",
        "objectifs": "",
        "kpi": "",
        "échéance": "",
        "canaux": "",
        "langue": "",
        "cta": "",
        "note": "",
        "notes": "",
        "interne": "",
        "à éviter": "",
        "concurrents": "",
        "contact": "",
        "mots-clés": "",
        "hashtags": "",
    },
    copula=re.compile(
        r"^(?P<name>(?:[A-ZÀÂÉÈÊÎÔÛÇ0-9][\w&'\u2019.+-]*)(?: (?:[A-ZÀÂÉÈÊÎÔÛÇ0-9][\w&'\u2019.+-]*|de|du|la|le|&)){0,4})"
        r" (?:est|sont|offre|propose|aide|rend|apporte|permet|réunit)\b(?: (?P<what>(?:une?|le|la|les)\b.+))?"
    ),
    naming=re.compile(
        r"\b(?:(?:appel|nomm)ée?|s'appelle) (?P<name>[A-Z\u00c0-\u00de0-9][\w'\u2019&.-]*(?: [A-Z\u00c0-\u00de0-9][\w'\u2019&.-]*){0,3})"
    ),
    relative=re.compile(r",?\s+qui\s+(?=[a-zà-ÿ])"),
    benefit=re.compile(
        r"(?i)\b(?:gratuit\w*|nouve\w*|économis\w*|rapide\w*|facile\w*|simple\w*|meilleur\w*|mieux|sans|jamais|aide|permet|offert\w*"
        r"|garanti\w*|dès|jusqu\w*|minutes?|secondes?|heures?|jours?|moins|artisana\w*|loca\w*|bio|frais|fraîche\w*|sûr\w*|réduction)\b"
        r"|[%$\u20ac\u00a3]|\d[\d.,:]*"
    ),
    tones={
        Tone.PLAIN: ToneWords(
            hooks=("Voici {product}.",),
            openers=("",),
            calls=("Apprenez-en plus", "Voyez les détails", "Regardez de plus près", "Contactez-nous"),
            greeting="Bonjour,",
            farewell="Cordialement",
        ),
        Tone.FRIENDLY: ToneWords(
            hooks=("Dites bonjour à {product}.", "Venez découvrir {product}."),
            openers=("Bonne nouvelle :",),
            calls=("Venez voir", "Jugez par vous-même", "Essayez donc", "Rejoignez-nous"),
            greeting="Bonjour à vous,",
            farewell="À très bientôt",
        ),
        Tone.PROFESSIONAL: ToneWords(
            hooks=("Nous vous présentons {product}.",),
            openers=("En bref :", "L'essentiel :"),
            calls=("Apprenez-en plus", "Voyez comment ça marche", "Contactez-nous", "Demandez les détails"),
            greeting="Bonjour,",
            farewell="Bien cordialement",
        ),
        Tone.PLAYFUL: ToneWords(
            hooks=("Vous connaissez déjà {product} ?",),
            openers=("Devinez quoi :", "Psst :"),
            calls=("Allez, jetez un œil", "Faites-vous plaisir", "Laissez-vous tenter", "Osez donc"),
            greeting="Coucou,",
            farewell="À la prochaine",
        ),
        Tone.URGENT: ToneWords(
            hooks=("Ne manquez pas {product}.", "C'est le moment de découvrir {product}."),
            openers=("N'attendez pas :", "Dès maintenant :"),
            calls=("Agissez maintenant", "Ne passez pas à côté", "Commencez aujourd'hui", "Faites vite"),
            greeting="Bonjour,",
            farewell="Ne tardez pas",
        ),
        Tone.PREMIUM: ToneWords(
            hooks=("Découvrez {product}.", "Laissez-vous séduire par {product}."),
            openers=("Pour les plus exigeants :",),
            calls=("Découvrez-en plus", "Vivez l'expérience", "Voyez par vous-même", "Laissez-vous séduire"),
            greeting="Bonjour,",
            farewell="Avec nos meilleures salutations",
        ),
    },
    audience_line="Pensé pour {audience}.",
    link_call="{call} : {url}",
    bullets_intro="Au programme :",
    sections={
        "why": "Pourquoi ça vaut le détour",
        "details": "Les détails",
        "audience": "Pour qui",
        "next": "Et maintenant",
    },
    head_first=True,
    team="L'équipe {product}",
    team_unnamed="Votre équipe",
    joiner=" : ",
)
