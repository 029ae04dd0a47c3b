"""A post as Bluesky wants it: a text with facets, and pictures or the card of a link."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nightdesk.providers.publishing.attached import Room, choose_pictures, complain_of_attached, list_attached
from nightdesk.providers.publishing.bluesky.server import COLLECTION, NAME
from nightdesk.providers.publishing.protocol import Complaint, Content, Limit, Picture, Rendering, Unit
from nightdesk.providers.publishing.showing import show_card, show_pictures, show_text
from nightdesk.providers.publishing.text import (
    complain_of_counts,
    complain_of_emptiness,
    compose_short,
    count_parts,
    shorten,
    to_facets,
)

#: The lexicon takes 2,000,000 bytes a picture since 2025, and a thumbnail of 1,000,000 still; servers that were not
#: brought up to date take 1,000,000 of either.
ROOM: Final = Room(
    most=4,
    types=frozenset({"image/jpeg", "image/png", "image/webp"}),
    most_bytes=1_000_000,
    most_alt_chars=2_000,  # what Bluesky's own app takes; the lexicon has no limit
)
LIMITS: Final = (
    Limit(part="body", unit=Unit.GRAPHEMES, most=300, most_bytes=3_000),
    Limit(part="images", unit=Unit.ITEMS, most=ROOM.most),
    Limit(part="alt", unit=Unit.CHARACTERS, most=ROOM.most_alt_chars),
)
ATTACHMENTS: Final = (
    ("auto", "What fits: pictures, or the card of a shortened post's link"),
    ("pictures", "Pictures"),
    ("card", "The card of the link"),
    ("none", "Nothing"),
)
#: BCP 47, as far as people write it: en, de-AT, zh-Hant.
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
#: Cards show two lines of each; the lexicon has no limit.
_CARD_TITLE: Final = Limit(part="title", unit=Unit.GRAPHEMES, most=300)
_CARD_WORDS: Final = Limit(part="excerpt", unit=Unit.GRAPHEMES, most=300)


def render(content: Content) -> Rendering:
    """Write the post: its text where that fits, else title, excerpt and link; with pictures or a card."""
    short = compose_short(content, limits=LIMITS, hashtags=True)
    chosen = choose_pictures(content)
    wanted = content.options.get("attachment", "").strip() or "auto"
    has_card = _wants_card(wanted, content, is_shortened=short.is_shortened, pictures=chosen)
    pictures = [] if has_card or wanted in ("card", "none") else chosen
    pictures = pictures[: ROOM.most] if short.is_shortened else pictures
    counts = count_parts(LIMITS, body=short.text, images=len(pictures))
    card = _write_card(content, chosen) if has_card else {}
    payload = {
        "text": short.text,
        "facets": to_facets(short.text),
        "language": content.options.get("language", "").strip(),
        "pictures": list_attached(pictures),
        "card": card,
    }
    complaints = (
        *complain_of_emptiness(content),
        *complain_of_counts(counts, name=NAME),
        *complain_of_attached(content, pictures, ROOM, name=NAME),
        *_complain_of_options(wanted, content),
    )
    preview = show_text(short.text) + show_pictures(pictures) + _show(card)
    return Rendering(payload=payload, counts=counts, complaints=complaints, preview_html=preview)


def write_record(
    payload: Mapping[str, Any], *, created_at: str, images: Sequence[Mapping[str, Any]], thumb: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Write the record `app.bsky.feed.post`. `images` are those of the lexicon, `thumb` is the card's blob."""
    record: dict[str, Any] = {"$type": COLLECTION, "text": payload["text"], "createdAt": created_at}
    if payload["facets"]:
        record["facets"] = payload["facets"]
    if payload["language"]:
        record["langs"] = [payload["language"]]
    if images:
        record["embed"] = {"$type": "app.bsky.embed.images", "images": list(images)}
    elif payload["card"]:
        card = {name: payload["card"][name] for name in ("uri", "title", "description")}
        record["embed"] = {
            "$type": "app.bsky.embed.external",
            "external": {**card, "thumb": thumb} if thumb is not None else card,
        }
    return record


def _wants_card(wanted: str, content: Content, *, is_shortened: bool, pictures: Sequence[Picture]) -> bool:
    if not content.canonical_url or wanted in ("pictures", "none"):
        return False
    return wanted == "card" or is_shortened or not pictures


def _write_card(content: Content, pictures: Sequence[Picture]) -> dict[str, str]:
    return {
        "uri": content.canonical_url,
        "title": shorten(content.title.strip(), _CARD_TITLE),
        "description": shorten(content.excerpt.strip(), _CARD_WORDS),
        "thumb": pictures[0].asset_id if pictures else "",
    }


def _complain_of_options(wanted: str, content: Content) -> list[Complaint]:
    found = []
    if wanted not in dict(ATTACHMENTS):
        message = f"Choose what goes along on Bluesky: {', '.join(value for value, _ in ATTACHMENTS)}."
        found.append(Complaint(part="attachment", message=message))
    if wanted == "card" and not content.canonical_url:
        message = "A card needs a link. Write the post's canonical address, or attach pictures."
        found.append(Complaint(part="canonical_url", message=message))
    language = content.options.get("language", "").strip()
    if language and not _LANGUAGE.fullmatch(language):
        found.append(Complaint(part="language", message="Write the language as its tag, as en or pt-BR."))
    return found


def _show(card: Mapping[str, str]) -> str:
    if not card:
        return ""
    shown = show_card(card["uri"], card["title"], card["description"])
    if not card["thumb"]:
        return shown
    return f'<p><img src="asset:{card["thumb"]}" alt=""></p>{shown}'
