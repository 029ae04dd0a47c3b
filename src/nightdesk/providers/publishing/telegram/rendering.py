"""A post as Telegram wants it: a text with entities, below pictures where it has some.

https://core.telegram.org/bots/api: sendMessage, sendPhoto, sendMediaGroup.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from nightdesk.providers.publishing.protocol import Complaint, Connection, Content, Limit, Picture, Rendering, Unit
from nightdesk.providers.publishing.sites import complain_of_pictures
from nightdesk.providers.publishing.text import (
    complain_of_counts,
    complain_of_emptiness,
    compose_short_markdown,
    count_parts,
    pictures_in,
    to_html,
    to_telegram,
)

_TEXT: Final = Limit(part="body", unit=Unit.UTF16, most=4096)
_CAPTION: Final = Limit(part="body", unit=Unit.UTF16, most=1024)
_IMAGES: Final = Limit(part="images", unit=Unit.ITEMS, most=10)
_IMAGE_BYTES: Final = Limit(part="image_bytes", unit=Unit.BYTES, most=10 * 1024 * 1024)
LIMITS: Final = (_TEXT, _IMAGES, _IMAGE_BYTES)
#: Of a photo: width and height together, and how often the shorter side may go into the longer one.
_MOST_SIDES: Final = 10_000
_MOST_RATIO: Final = 20
_ON: Final = "yes"
_IMAGE: Final = re.compile(r"<img [^>]*>")
_BARE: Final = re.compile(r"<p>\s*</p>\s*")


def render(content: Content, connection: Connection, *, name: str) -> Rendering:
    """Write the post: whole where it fits, else title, excerpt and link. Below pictures there is less room."""
    pictures = _list_pictures(content)
    limit = _CAPTION if pictures else _TEXT
    short = compose_short_markdown(content, limits=[limit], hashtags=True, written=lambda text: to_telegram(text)[0])
    text, entities = to_telegram(short.text)
    topic = _choose("topic", content, connection)
    payload = {
        "text": text,
        "entities": entities,
        "pictures": pictures,
        "topic": topic,
        "is_silent": _choose("is_silent", content, connection) == _ON,
        "hide_previews": _choose("hide_previews", content, connection) == _ON,
    }
    counts = count_parts([limit, _IMAGES], body=text, images=len(pictures))
    complaints = (
        *_complain_of_emptiness(content, text, pictures),
        *complain_of_pictures(content),
        *(_complain_of_files(content, name)),
        *_complain_of_topic(topic),
        *complain_of_counts(counts, name=f"{name}, below pictures," if pictures else name),
    )
    return Rendering(
        payload=payload, counts=counts, complaints=complaints, preview_html=_preview(content, pictures, short.text)
    )


def _list_pictures(content: Content) -> list[str]:
    found = [content.cover.asset_id] if content.cover is not None else []
    return list(dict.fromkeys([*found, *(one.asset_id for one in pictures_in(content.body))]))


def _choose(option: str, content: Content, connection: Connection) -> str:
    return (content.options.get(option) or connection.options.get(option) or "").strip()


def _preview(content: Content, pictures: list[str], markdown: str) -> str:
    """Show the pictures first, as Telegram does, and the text below them."""
    known = _known(content)
    alts = {asset_id: known[asset_id].alt if asset_id in known else "" for asset_id in pictures}
    shown = "".join(
        f'<p><img src="asset:{escape(asset_id)}" alt="{escape(alt)}"></p>\n' for asset_id, alt in alts.items()
    )
    html = to_html(markdown, address=lambda asset_id: f"asset:{asset_id}")
    return shown + _BARE.sub("", _IMAGE.sub("", html))


def _known(content: Content) -> Mapping[str, Picture]:
    cover = {content.cover.asset_id: content.cover} if content.cover is not None else {}
    return {**content.pictures, **cover}


# ---------------------------------------------------------------- complaints


def _complain_of_emptiness(content: Content, text: str, pictures: list[str]) -> tuple[Complaint, ...]:
    """Complain, too, where all there is leaves no trace in a text, as an address that nothing refers to."""
    is_empty = not text.strip() and not pictures
    return complain_of_emptiness(Content(title="", body="") if is_empty else content)


def _complain_of_files(content: Content, name: str) -> list[Complaint]:
    found = []
    known = _known(content)
    for one in (known[asset_id] for asset_id in _list_pictures(content) if asset_id in known):
        part = "cover" if content.cover is not None and one.asset_id == content.cover.asset_id else "images"
        if one.size_bytes > _IMAGE_BYTES.most:
            over = f"{one.size_bytes:,} bytes; {name} takes {_IMAGE_BYTES.most:,}"
            found.append(Complaint(part=part, message=f"A picture has {over}. Make it smaller."))
        elif one.width + one.height > _MOST_SIDES or _ratio(one) > _MOST_RATIO:
            message = (
                f"A picture has {one.width} x {one.height} pixels; {name} takes {_MOST_SIDES:,} for width and height "
                f"together, and a side at most {_MOST_RATIO} times the other. Make it smaller, or cut it."
            )
            found.append(Complaint(part=part, message=message))
    return found


def _ratio(picture: Picture) -> float:
    sides = sorted((picture.width, picture.height))
    return sides[1] / max(1, sides[0])


def _complain_of_topic(topic: str) -> list[Complaint]:
    if all(sign in "0123456789" for sign in topic):
        return []
    return [Complaint(part="topic", message="A topic is given by its number. Correct it, or leave it empty.")]


def write_message(payload: Mapping[str, Any], *, chat: int | str) -> dict[str, Any]:
    """Write what every way to send has in common."""
    fields: dict[str, Any] = {"chat_id": chat}
    if payload["topic"]:
        fields["message_thread_id"] = int(payload["topic"])
    if payload["is_silent"]:
        fields["disable_notification"] = True
    return fields
