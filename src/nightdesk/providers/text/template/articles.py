"""The long channels: e-mail and blog post, in Markdown."""

from typing import Any, Final

from nightdesk.providers.text.channels import BLOG, EMAIL
from nightdesk.providers.text.template.adverts import last_words, write_title
from nightdesk.providers.text.template.fitting import Part, arrange, first_fitting, fit_goal
from nightdesk.providers.text.template.sentences import as_sentence, join_sentences
from nightdesk.providers.text.template.voice import Voice

_MAIL_FACTS: Final = 3
_MAIL_POINTS: Final = 4
_BLOG_POINTS: Final = 8
_INTRO_FACTS: Final = 2
_PARAGRAPH_SENTENCES: Final = 3
_BLOG_FACTS: Final = 24


def write_email(voice: Voice) -> dict[str, Any]:
    """Write subject, preheader and a message with greeting, lead, points, call and farewell."""
    subject = write_title(voice, EMAIL.field("subject"))
    fits = fit_goal(EMAIL.field("preheader"))
    supports = [*voice.lone_facts, voice.audience_line, *map(as_sentence, voice.reading.points), voice.hook]
    preheader = first_fitting(supports, fits, [subject]) or voice.call or last_words(voice, fits)
    return {"subject": subject, "preheader": preheader, "body": _write_message(voice)}


def _write_message(voice: Voice) -> str:
    words, pack = voice.words, voice.pack
    lead = voice.lead_fitting(lambda _: True)
    facts = [fact for fact in voice.reading.facts if fact not in lead][:_MAIL_FACTS]
    points = _fresh_points(voice, [lead, *facts])[:_MAIL_POINTS]
    team = pack.team.format(product=voice.reading.product) if voice.reading.named else pack.team_unnamed
    return _paragraphs(
        words.greeting,
        lead,
        join_sentences(facts),
        _paragraphs(pack.bullets_intro, _bullets(points)) if points else "",
        voice.audience_line,
        voice.closing,
        f"{words.farewell}\n{team}".strip(),
    )


def write_blog(voice: Voice) -> dict[str, Any]:
    """Write a title, a description for results pages, and an article with headings of the second level."""
    title = write_title(voice, BLOG.field("title"))
    fits = fit_goal(BLOG.field("meta_description"))
    parts = [
        Part(0, [voice.lead_fitting(fits)]),
        Part(1, voice.reading.best),
        Part(2, [voice.audience_line]),
        Part(3, [voice.call]),
    ]
    meta = arrange(parts, fits) or last_words(voice, fits)
    return {"title": title, "meta_description": meta, "body": _write_article(voice)}


def _write_article(voice: Voice) -> str:
    lead = voice.lead_fitting(lambda _: True)
    facts = [fact for fact in voice.reading.facts if fact not in lead][:_BLOG_FACTS]
    intro, rest = facts[:_INTRO_FACTS], facts[_INTRO_FACTS:]
    points = _fresh_points(voice, [lead, *facts])[:_BLOG_POINTS]
    details = [rest[start : start + _PARAGRAPH_SENTENCES] for start in range(0, len(rest), _PARAGRAPH_SENTENCES)]
    return _paragraphs(
        join_sentences([lead, *intro]),
        _section(voice, "why", _bullets(points)),
        _section(voice, "details", _paragraphs(*(join_sentences(sentences) for sentences in details))),
        _section(voice, "audience", voice.audience_line),
        _section(voice, "next", voice.closing),
    )


def _fresh_points(voice: Voice, said: list[str]) -> list[str]:
    """The points that no sentence so far has said, nor a fuller point."""
    before = " ".join(said).casefold()
    fresh: list[str] = []
    for point in voice.reading.points:
        if point.casefold() not in before:
            fresh.append(point)
            before += "\n" + point.casefold()
    return fresh


def _section(voice: Voice, name: str, body: str) -> str:
    heading = voice.pack.sections.get(name, "")
    return _paragraphs(f"## {heading}" if heading else "", body) if body else ""


def _bullets(points: list[str]) -> str:
    return "\n".join(f"- {point}" for point in points)


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)
