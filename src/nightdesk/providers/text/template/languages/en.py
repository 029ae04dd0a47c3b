"""English patterns."""

import re
from typing import Final

from nightdesk.providers.text.template.languages.pack import LanguagePack, Tone, ToneWords, words

ENGLISH: Final = LanguagePack(
    code="en",
    signs=words("the and of to is are with for our your you we that this it from by at will can has have be"),
    small_words=words(
        "a an the and or but nor so of to in on at by for with from into onto over under about as than then that this"
        " these those which who whom whose is are was were be been being am do does did has have had will would can"
        " could should may might must it its it's they them their he she his her we us our you your i me my not no"
        " if when while because until till also too very just only any all both each more most such own same there"
        " every comes come gets makes takes uses fits weighs here where how why what up out off down again once per via across within without between"
    ),
    breaks=words(
        "and or but so for from in on at until till that which who whose because while when where if without within across"
        " via during before after since"
    ),
    weak_starts=words("it they this these those he she and but so also then there that such its their or"),
    plain_audience=words(
        "small busy young people women men parents families teams students owners freelancers founders everyone anyone"
        " home new first-time local creative hobby retired working senior older independent professional urban"
        " commuters runners cyclists gardeners readers travellers travelers companies businesses shops"
        " restaurants schools teachers nurses doctors developers engineers designers marketers managers"
        " heads directors executives homeowners hikers bakers coffee pet dog cat food health tech design art music book children kids teenagers"
        " the our all mid-sized medium-sized large adults couples customers clients users lovers fans"
    ),
    lead_ins=re.compile(
        r"""(?ix)^(?:
        (?:please\s+)?(?:help\s+us\s+(?:to\s+)?)?(?:write|create|make|draft|prepare|produce|build|run|plan|develop)
          \s+(?:me\s+|us\s+)?(?:an?|the|some|our)?\s*(?:\w+\s+){0,3}?
          (?:campaign|copy|ads?|adverts?|posts?|content|texts?|e-?mails?|announcement)\s+(?:about|for|on|to\s+(?:promote|announce|launch|advertise|introduce))
        | (?:this\s+is\s+)?an?\s+(?:\w+\s+){0,3}?campaign\s+(?:about|for|to\s+(?:promote|announce|launch|advertise|introduce))
        | (?:please\s+)?(?:promote|announce|advertise|introduce|market|publici[sz]e)
        | (?:the\s+)?launch\s+of | launching
        | (?:we|i)(?:['\u2019]d|\s+would)?\s+(?:want|like|need|plan|aim|hope)\s+to\s+(?:promote|announce|advertise|launch|introduce|sell|market|present|share|release)
        | (?:our|the)\s+(?:goal|aim|objective)\s+is\s+to\s+(?:promote|announce|advertise|launch|introduce|sell|market|present)
        )\s*:?\s+(?=\S)"""
    ),
    announces=re.compile(
        r"""(?ix)^(?:we|i)(?:\s+are|['\u2019]re|\s+am|['\u2019]m)?\s+(?:(?:currently|now|soon|proudly|also)\s+)?
        (?:launch(?:ing)?|releas(?:e|ing)|introduc(?:e|ing)|open(?:ing)?|start(?:ing)?|announc(?:e|ing)|present(?:ing)?
        |offer(?:ing)?|sell(?:ing)?|mak(?:e|ing)|build(?:ing)?|celebrat(?:e|ing))\s+(?=\S)"""
    ),
    private=re.compile(
        r"""(?ix)\b(?:budget\s*(?:[:=]|is\b|of\b|per\b|\d) | kpis?\b | roi\b | roas\b | cpc\b | ctr\b | deadline\b | go-?live\b | stakeholders?\b
        | confidential | internal(?:ly)?\s+(?:only|use|note) | embargo | (?:do\s+not|don['\u2019]t|never|avoid|please)\s+(?:mention|use|say|write|talk|claim|include|saying|mentioning|using|call)
        | avoid\b | tone\s+(?:of\s+voice|should|is|:) | the\s+tone\b | target\s+(?:audience|group|market)\b | call\s+to\s+action | \bcta\b | hashtags?\b
        | (?:our|the|main|primary)\s+(?:goal|aim|objective|target)s?\b | we\s+(?:want|need|aim|hope|expect|would\s+like|wish)\b | we['\u2019]d\s+(?:love|like)\b
        | wants?\s+to\s+(?:grow|increase|reach|raise|double|sell\s+more)\b | please\b
        | (?:the|this)\s+campaign\b | make\s+sure | should\s+(?:be|feel|sound|focus|not|include|appeal|drive|convey) | competitors?\b
        | (?:use|keep|write|mention|focus\s+on|emphasi[sz]e|highlight|include)\s+(?:the|a|an|it|our|some|short|simple|that|how)\b | (?:copy|people|customers|readers|everyone)\s+should\b | per\s+channel )"""
    ),
    labels={
        "product": "product",
        "product name": "product",
        "name": "product",
        "brand": "product",
        "service": "product",
        "audience": "audience",
        "target": "audience",
        "target audience": "audience",
        "target group": "audience",
        "for": "audience",
        "who": "audience",
        "offer": "fact",
        "price": "fact",
        "prices": "fact",
        "discount": "fact",
        "date": "fact",
        "dates": "fact",
        "time": "fact",
        "place": "fact",
        "cost": "fact",
        "costs": "fact",
        "when": "fact",
        "where": "fact",
        "location": "fact",
        "opening hours": "fact",
        "benefit": "point",
        "benefits": "point",
        "key benefits": "point",
        "features": "point",
        "feature": "point",
        "key features": "point",
        "usp": "point",
        "usps": "point",
        "why": "point",
        "highlights": "point",
        "key message": "fact",
        "key messages": "fact",
        "message": "fact",
        "about": "fact",
        "description": "fact",
        "background": "fact",
        "what": "fact",
        "url": "link",
        "link": "link",
        "website": "link",
        "web": "link",
        "landing page": "link",
        "tone": "tone",
        "tone of voice": "tone",
        "budget": "",
        "goal": "",
        "goals": "",
        "objective": "",
        "objectives": "",
        "kpi": "",
        "kpis": "",
        "deadline": "",
        "timing": "",
        "channels": "",
        "language": "",
        "cta": "",
        "call to action": "",
        "note": "",
        "notes": "",
        "do": "",
        "don't": "",
        "dos": "",
        "don'ts": "",
        "avoid": "",
        "internal": "",
        "competitors": "",
        "contact": "",
        "keywords": "",
        "hashtags": "",
    },
    copula=re.compile(
        r"^(?P<name>(?:[A-Z0-9][\w&'\u2019.+-]*)(?: (?:[A-Z0-9][\w&'\u2019.+-]*|of|the|&)){0,4}),?"
        r" (?:is|are|was|offers|makes|helps|lets|brings|gives|keeps|turns|combines|delivers|provides)\b(?: (?P<what>(?:an?|the)\b.+))?"
    ),
    naming=re.compile(
        r"\b(?:called|named) (?P<name>[A-Z\u00c0-\u00de0-9][\w'\u2019&.-]*(?: [A-Z\u00c0-\u00de0-9][\w'\u2019&.-]*){0,3})"
    ),
    relative=re.compile(r",?\s+(?:that|which|who)\s+(?=[a-z])"),
    benefit=re.compile(
        r"(?i)\b(?:free|new|save[sd]?|faster|easier|easy|easily|better|best|only|never|without|no|instead|helps?|lets?"
        r"|gives?|keeps?|saves?|off|until|from|guarantee\w*|simple|simply|quick\w*|minutes?|seconds?|hours?|days?"
        r"|less|more|hand-?made|local\w*|organic|fresh\w*|safe\w*|warranty|award\w*|rated|trusted|reduce[sd]?|cut[s]?|increase[sd]?|improve[sd]?|boost[s]?)\b"
        r"|[%$\u20ac\u00a3]|\d[\d.,:]*"
    ),
    tones={
        Tone.PLAIN: ToneWords(
            hooks=("This is {product}.", "A closer look at {product}."),
            openers=("",),
            calls=("Find out more", "See the details", "Take a closer look", "Get in touch"),
            greeting="Hello,",
            farewell="Kind regards",
        ),
        Tone.FRIENDLY: ToneWords(
            hooks=("Say hello to {product}.", "Meet {product}."),
            openers=("Good news:",),
            calls=("Come and take a look", "See for yourself", "Give it a try", "Find out more"),
            greeting="Hi there,",
            farewell="See you soon",
        ),
        Tone.PROFESSIONAL: ToneWords(
            hooks=("Introducing {product}.", "Get to know {product}."),
            openers=("In brief:", "At a glance:"),
            calls=("Learn more", "See how it works", "Get in touch", "Request the details"),
            greeting="Hello,",
            farewell="Best regards",
        ),
        Tone.PLAYFUL: ToneWords(
            hooks=("Have you met {product} yet?", "Plot twist: {product}."),
            openers=("Guess what:", "Psst:"),
            calls=("Go on, take a look", "Treat yourself", "See what the fuss is about", "You know you want to"),
            greeting="Hey you,",
            farewell="Until next time",
        ),
        Tone.URGENT: ToneWords(
            hooks=("Now is the time for {product}.", "Do not miss {product}."),
            openers=("Do not wait:", "Right now:"),
            calls=("Act now", "Do not miss out", "Start today", "Be quick"),
            greeting="Hello,",
            farewell="Do not leave it too late",
        ),
        Tone.PREMIUM: ToneWords(
            hooks=("Discover {product}.", "Experience {product}."),
            openers=("For a discerning eye:",),
            calls=("Discover more", "Experience it", "Make it yours", "See it in detail"),
            greeting="Good day,",
            farewell="With our compliments",
        ),
    },
    audience_line="Made for {audience}.",
    link_call="{call}: {url}",
    bullets_intro="What to expect:",
    sections={
        "why": "Why it is worth a look",
        "details": "The details",
        "audience": "Who it is for",
        "next": "What to do next",
    },
    team="The {product} team",
    team_unnamed="Your team",
)
