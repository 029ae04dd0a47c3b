"""What is known of a publishing beyond its row: a run may have died right after the platform said yes."""

from typing import Any

from nightdesk.engine import steps
from nightdesk.providers.publishing.protocol import Published
from nightdesk.publishing.models import PublishedPost


def effect_key(row: PublishedPost) -> str:
    """Name the effect of a publishing, the same for every job that carries it."""
    return f"publish:{row.key}"


def sent(*, row: PublishedPost) -> Published | None:
    """Return what the platform said of a publishing that is certainly out; None: it did not, or the answer was lost."""
    done = steps.confirmed(effect_key(row))
    return read_published(done[0]) if done else None


def write_published(published: Published) -> dict[str, Any]:
    """Write what a platform said as JSON."""
    return {"id": published.id, "url": published.url, "extra": dict(published.extra)}


def read_published(value: dict[str, Any]) -> Published:
    """Read what `write_published` wrote."""
    return Published(id=value["id"], url=value["url"], extra=value["extra"])


def remote_fields(published: Published) -> dict[str, Any]:
    """Return what a platform said as columns of a publishing."""
    return {
        "remote_id": published.id[:500],
        "remote_url": published.url[:1_000],
        "remote_extra": dict(published.extra),
    }


def remote_of(*, row: PublishedPost) -> Published:
    """Return what a platform said of a post that is there."""
    return Published(id=row.remote_id, url=row.remote_url, extra=row.remote_extra)
