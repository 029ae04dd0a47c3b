"""A post as Forem wants it: Markdown, whose pictures it fetches itself.

Limits and rules are those of Forem's source (`app/models/article.rb`, `app/models/tag.rb`), as of 2026.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from nightdesk.providers.publishing.protocol import Complaint, Connection, Content, Limit, Picture, Rendering, Unit
from nightdesk.providers.publishing.sites import complain_of_pictures, list_pictures
from nightdesk.providers.publishing.text import (
    complain_of_counts,
    complain_of_emptiness,
    count_parts,
    pictures_in,
    to_html,
    to_markdown,
)

LIMITS: Final = (
    Limit(part="title", unit=Unit.CHARACTERS, most=128),
    Limit(part="body", unit=Unit.BYTES, most=800 * 1024),
    Limit(part="tags", unit=Unit.ITEMS, most=4),
)
_TAG_CHARS: Final = 30
_NO_PUBLIC_PICTURES: Final = (
    "{name} fetches pictures from this installation, which only this machine can reach. Set NIGHTDESK_BASE_URL to a public "
    "address, or leave the pictures out."
)
#: A body that begins so is read as settings of the article; `published: true` among them would show a draft.
_FRONT_MATTER: Final = re.compile(r"(\s*?)([ \t]*)(---[^\n]*)")
_RULE: Final = re.compile(r"-{3,}\s*")
_INDENT_OF_CODE: Final = 4
_COMMANDS: Final = re.compile(r"\{%|\{\{")


def render(content: Content, connection: Connection, *, name: str) -> Rendering:
    """Write the post as Markdown with `asset:<id>` for its pictures: `write_fields` gives them their addresses."""
    tags = write_tags(content.tags)
    counts = count_parts(LIMITS, title=content.title, body=_write_body(content.body, content.pictures), tags=tags)
    payload = {
        "title": content.title.strip(),
        "body": content.body,
        "description": content.excerpt.strip(),
        "tags": tags,
        "canonical_url": content.canonical_url,
        "cover": content.cover.asset_id if content.cover is not None else "",
        "series": _choose("series", content, connection),
        "organization_id": _choose("organization_id", content, connection),
        "pictures": list_pictures(content),
    }
    complaints = (
        *complain_of_emptiness(content),
        *_complain(content, payload, name),
        *complain_of_pictures(content),
        *_complain_of_addresses(content, name),
        *complain_of_counts(counts, name=name),
    )
    html = to_html(content.body, address=lambda asset_id: f"asset:{asset_id}")
    return Rendering(payload=payload, counts=counts, complaints=complaints, preview_html=html)


def write_tags(tags: tuple[str, ...]) -> list[str]:
    """Write tags with letters and digits only, small, each once: Forem knows no others."""
    written = ("".join(sign for sign in tag.lower() if sign.isalnum()) for tag in tags)
    return list(dict.fromkeys(tag for tag in written if tag))


def write_fields(payload: Mapping[str, Any], pictures: Mapping[str, Picture]) -> dict[str, Any]:
    """Write the fields of an article as the API takes them; null empties a field."""
    fields: dict[str, Any] = {
        "title": payload["title"],
        "body_markdown": _write_body(payload["body"], pictures),
        "description": payload["description"] or None,
        "tags": payload["tags"],
        "canonical_url": payload["canonical_url"] or None,
        "main_image": pictures[payload["cover"]].public_url if payload["cover"] else None,
        "series": payload["series"] or None,
    }
    if payload["organization_id"]:
        fields["organization_id"] = int(payload["organization_id"])
    return fields


def _write_body(body: str, pictures: Mapping[str, Picture]) -> str:
    def find_address(asset_id: str) -> str:
        return pictures[asset_id].public_url if asset_id in pictures else ""

    return _hide_front_matter(to_markdown(body, address=find_address))


def _choose(option: str, content: Content, connection: Connection) -> str:
    return (content.options.get(option) or connection.options.get(option) or "").strip()


def _hide_front_matter(body: str) -> str:
    """Return Markdown that reads the same and does not begin with a line of hyphens."""
    found = _FRONT_MATTER.match(body)
    if found is None:
        return body
    lines, indent, line = found.groups()
    rest = body[found.end() :]
    if len(indent.expandtabs(_INDENT_OF_CODE)) >= _INDENT_OF_CODE:
        return f"<!-- -->\n\n{indent}{line}{rest}"
    return lines + indent + ("***" if _RULE.fullmatch(line) else f"\\{line}") + rest


# ---------------------------------------------------------------- complaints


def _complain(content: Content, payload: Mapping[str, Any], name: str) -> tuple[Complaint, ...]:
    checks: tuple[tuple[bool, str, str], ...] = (
        (not payload["title"], "title", f"{name} wants a title. Write one first."),
        (
            _is_local(content.canonical_url),
            "canonical_url",
            f"{name} takes no canonical address that only a local network knows. Use a public one, or leave it empty.",
        ),
        (
            not all(sign in "0123456789" for sign in payload["organization_id"]),
            "organization_id",
            "The organization's id is a number. Correct it, or leave it empty.",
        ),
    )
    found = [Complaint(part=part, message=message) for is_wrong, part, message in checks if is_wrong]
    found += [
        Complaint(
            part="tags", message=f"The tag {tag[:30]}… has {len(tag)} letters; {name} takes {_TAG_CHARS}. Shorten it."
        )
        for tag in payload["tags"]
        if len(tag) > _TAG_CHARS
    ]
    found += _warn(content, name)
    return tuple(found)


def _warn(content: Content, name: str) -> list[Complaint]:
    found = [
        Complaint(
            part="tags",
            message=f"The tag {tag!r} is left out: {name} takes letters and digits only.",
            is_blocking=False,
        )
        for tag in content.tags
        if not write_tags((tag,))
    ]
    if _COMMANDS.search(content.body):
        message = f"{name} takes {{% and {{{{ in the body for commands of its own. Look at the post after publishing."
        found.append(Complaint(part="body", message=message, is_blocking=False))
    return found


def _complain_of_addresses(content: Content, name: str) -> tuple[Complaint, ...]:
    """Complain of each part whose pictures nobody outside can fetch."""
    message = _NO_PUBLIC_PICTURES.format(name=name)
    inline = (content.pictures.get(one.asset_id) for one in pictures_in(content.body))
    found = []
    if content.cover is not None and not content.cover.public_url:
        found.append(Complaint(part="cover", message=message))
    if any(one is not None and not one.public_url for one in inline):
        found.append(Complaint(part="images", message=message))
    return tuple(found)


def _is_local(address: str) -> bool:
    """Whether Forem takes an address for a local one: a host without a dot."""
    if not address:
        return False
    try:
        return "." not in (urlsplit(address).hostname or "")
    except ValueError:
        return True
