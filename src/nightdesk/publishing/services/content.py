"""A post as one account gets it: its revision, what is different there, and its pictures described."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nightdesk.providers.publishing.protocol import Content, Picture
from nightdesk.providers.publishing.text import pictures_in
from nightdesk.publishing.models import PlatformAccount, Post
from nightdesk.publishing.services.fields import OVERRIDABLE
from nightdesk.publishing.services.pictures import describe_pictures
from nightdesk.publishing.services.revisions import read_revision


def content_for(*, post: Post, revision: int, account: PlatformAccount) -> Content:
    """Return a revision of a post as an account gets it. A picture that is gone is not among its pictures.

    Raises:
        PostNotFound. RevisionNotFound.
    """
    return build_content(fields=read_revision(post_id=post.pk, number=revision), post=post, account=account)


def build_content(*, fields: Mapping[str, Any], post: Post, account: PlatformAccount) -> Content:
    """Build what an account gets of these content fields, which may not be saved yet.

    `options` are those of the account with what is different in the post; `author_name` is the post's author.
    """
    own = (fields.get("overrides") or {}).get(str(account.pk)) or {}
    chosen = {name: own.get(name) or fields.get(name) for name in OVERRIDABLE}
    body, cover_id = str(chosen["body"] or ""), str(fields.get("cover") or "")
    words = {ref.asset_id: ref.alt for ref in pictures_in(body)}
    described = describe_pictures({cover_id: "", **words} if cover_id else words)
    return Content(
        title=str(chosen["title"] or ""),
        body=body,
        excerpt=str(chosen["excerpt"] or ""),
        tags=tuple(chosen["tags"] or ()),
        canonical_url=str(chosen["canonical_url"] or ""),
        cover=_with_words(described.get(cover_id), str(fields.get("cover_alt") or "")),
        pictures={asset_id: described[asset_id] for asset_id in words if asset_id in described},
        is_body_meant=bool(own.get("body")),
        options={"author_name": _author_of(post), **account.options, **(own.get("options") or {})},
    )


def _with_words(picture: Picture | None, alt: str) -> Picture | None:
    return replace(picture, alt=alt) if picture else None


def _author_of(post: Post) -> str:
    return post.author.get_public_name() if post.author else ""
