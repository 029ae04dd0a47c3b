"""Spanish patterns. Friendly and playful tones say "tú", the others avoid the question or say "usted"."""

import re
from typing import Final

from nightdesk.providers.text.template.languages.pack import LanguagePack, Tone, ToneWords, words

SPANISH: Final = LanguagePack(
    code="es",
    signs=words(
        "el los las del es son con para nuestro nuestra nuestros y una por que su sus en al más desde esta este"
    ),
    small_words=words(
        "el la los las un una unos unas de del y e o u pero sino ni que a al en con por para sin sobre entre hasta"
        " desde hacia según como cuando donde porque si no más muy también ya lo le les se me te nos os mi tu su mis"
        " tus sus nuestro nuestra nuestros nuestras vuestro este esta estos estas ese esa esto eso es son era ser fue"
        " ha han hay está están puede pueden debe deben todo toda todos todas cada mismo aquí allí así yo él ella"
        " ellos ellas usted ustedes nosotros"
    ),
    breaks=words("y o pero para sin en desde hasta que donde cuando porque mientras según durante"),
    weak_starts=words("él ella ellos esto esta este eso y pero también además así entonces o"),
    plain_audience=words(
        "los las jóvenes pequeñas pequeños familias padres madres mujeres hombres estudiantes equipos creativos"
        " todas todos personas amantes empresas autónomos artesanos viajeros deportistas profesionales"
    ),
    lead_ins=re.compile(
        r"""(?ix)^(?:
        (?:por\s+favor,?\s+)?(?:escrib(?:e|ir|a)|cre(?:a|ar|e)|redact(?:a|ar|e)|prepar(?:a|ar|e))\s+(?:una?\s+|unos\s+)?(?:\w+\s+){0,2}?
          (?:campaña|textos?|anuncios?|publicaciones?)\s+(?:sobre|para|de)
        | (?:una\s+)?campaña\s+(?:para|sobre)
        | (?:el\s+)?lanzamiento\s+de
        | (?:queremos|deseamos|nos\s+gustaría)\s+(?:promocionar|anunciar|lanzar|presentar|vender)
        | (?:promocionar|anunciar|presentar)
        )\s*:?\s+(?=\S)"""
    ),
    announces=re.compile(
        r"(?i)^(?:lanzamos|abrimos|presentamos|anunciamos|ofrecemos|vendemos|celebramos|organizamos|fabricamos)\s+(?=\S)"
    ),
    private=re.compile(
        r"""(?ix)\b(?:presupuesto\s*(?:[:=]|es|de\s+\d|\d) | kpis?\b | fecha\s+límite | plazo\b | confidencial\w* | (?:nota|uso)\s+intern[oa]
        | público\s+objetivo | el\s+tono\b | hashtags?\b | llamada\s+a\s+la\s+acción | competidor\w* | competencia\b
        | por\s+favor\b | (?:no\s+(?:mencionar|usar|decir|hablar)|evita\w*)\b | (?:nuestro|el)\s+objetivo\b | la\s+campaña\b
        | (?:queremos|deseamos|esperamos|necesitamos|nos\s+gustaría)\b | deben?\s+(?:ser|sonar|parecer|transmitir) )"""
    ),
    labels={
        "producto": "product",
        "nombre": "product",
        "nombre del producto": "product",
        "marca": "product",
        "servicio": "product",
        "público": "audience",
        "público objetivo": "audience",
        "audiencia": "audience",
        "para": "audience",
        "para quién": "audience",
        "oferta": "fact",
        "precio": "fact",
        "precios": "fact",
        "descuento": "fact",
        "fecha": "fact",
        "coste": "fact",
        "duración": "fact",
        "cuándo": "fact",
        "dónde": "fact",
        "lugar": "fact",
        "horario": "fact",
        "descripción": "fact",
        "mensaje": "fact",
        "mensaje clave": "fact",
        "contexto": "fact",
        "ventaja": "point",
        "ventajas": "point",
        "beneficios": "point",
        "características": "point",
        "puntos fuertes": "point",
        "url": "link",
        "enlace": "link",
        "web": "link",
        "sitio web": "link",
        "tono": "tone",
        "presupuesto": "",
        "objetivo": "",
        "objetivos": "",
        "kpi": "",
        "plazo": "",
        "canales": "",
        "idioma": "",
        "cta": "",
        "nota": "",
        "notas": "",
        "interno": "",
        "evitar": "",
        "competidores": "",
        "contacto": "",
        "palabras clave": "",
        "hashtags": "",
    },
    copula=re.compile(
        r"^(?P<name>(?:[A-ZÁÉÍÓÚÑ0-9][\w&'\u2019.+-]*)(?: (?:[A-ZÁÉÍÓÚÑ0-9][\w&'\u2019.+-]*|de|del|la|el|&)){0,4})"
        r" (?:es|son|ofrece|ayuda|hace|trae|permite|reúne|da)\b(?: (?P<what>(?:una?|el|la|los|las)\b.+))?"
    ),
    naming=re.compile(
        r"\b(?:llamad[oa]|se llama) (?P<name>[A-Z\u00c0-\u00de0-9][\w'\u2019&.-]*(?: [A-Z\u00c0-\u00de0-9][\w'\u2019&.-]*){0,3})"
    ),
    relative=re.compile(r",?\s+que\s+(?=[a-zà-ÿ])"),
    benefit=re.compile(
        r"(?i)\b(?:gratis|gratuit\w*|nuev\w*|ahorr\w*|rápid\w*|fácil\w*|sencill\w*|mejor\w*|sin|nunca|ayuda|permite|garant\w*|desde|hasta"
        r"|minutos?|segundos?|horas?|días?|menos|más|artesan\w*|local\w*|ecológic\w*|fresc\w*|segur\w*|descuento)\b|[%$\u20ac\u00a3]|\d[\d.,:]*"
    ),
    tones={
        Tone.PLAIN: ToneWords(
            hooks=("Así es {product}.",),
            openers=("",),
            calls=("Infórmese", "Vea los detalles", "Descubra más", "Contáctenos"),
            greeting="Hola:",
            farewell="Un saludo",
        ),
        Tone.FRIENDLY: ToneWords(
            hooks=("Conoce {product}.", "Descubre {product}."),
            openers=("Buenas noticias:",),
            calls=("Ven a verlo", "Compruébalo tú mismo", "Pruébalo", "Te esperamos"),
            greeting="Hola:",
            farewell="Hasta pronto",
        ),
        Tone.PROFESSIONAL: ToneWords(
            hooks=("Le presentamos {product}.",),
            openers=("En resumen:", "De un vistazo:"),
            calls=("Infórmese", "Vea cómo funciona", "Contáctenos", "Solicite los detalles"),
            greeting="Buenos días:",
            farewell="Un cordial saludo",
        ),
        Tone.PLAYFUL: ToneWords(
            hooks=("¿Ya conoces {product}?",),
            openers=("Adivina:", "Psst:"),
            calls=("Anda, echa un vistazo", "Date un capricho", "Atrévete", "Déjate tentar"),
            greeting="¡Hola!",
            farewell="Hasta la próxima",
        ),
        Tone.URGENT: ToneWords(
            hooks=("No deje pasar {product}.", "Es el momento de descubrir {product}."),
            openers=("No espere más:", "Ahora mismo:"),
            calls=("Actúe ahora", "No se lo pierda", "Empiece hoy", "Dese prisa"),
            greeting="Hola:",
            farewell="No lo deje para mañana",
        ),
        Tone.PREMIUM: ToneWords(
            hooks=("Descubra {product}.", "Disfrute de {product}."),
            openers=("Para los más exigentes:",),
            calls=("Descubra más", "Viva la experiencia", "Véalo en detalle", "Déjese seducir"),
            greeting="Buenos días:",
            farewell="Reciba un cordial saludo",
        ),
    },
    audience_line="Pensado para {audience}.",
    link_call="{call}: {url}",
    bullets_intro="Lo que ofrece:",
    sections={
        "why": "Por qué merece la pena",
        "details": "Los detalles",
        "audience": "Para quién es",
        "next": "El siguiente paso",
    },
    head_first=True,
    team="El equipo de {product}",
    team_unnamed="El equipo",
)
