"""A post as one account gets it: its revision, what is different there, and its pictures described."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from nightdesk.images.models import Asset, AssetState
from nightdesk.providers.publishing.protocol import Content, Picture
from nightdesk.providers.publishing.text import pictures_in
from nightdesk.publishing.errors import RevisionNotFound
from nightdesk.publishing.models import PlatformAccount, Post, PostRevision
from nightdesk.publishing.services.journal import public_url

#: What a revision holds, and an account may have otherwise.
OVERRIDABLE: Final = ("title", "body", "excerpt", "tags", "canonical_url")
_MIME: Final = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif"}


def content_of(post: Post) -> dict[str, Any]:
    """Return the content fields of a post, as a revision keeps them."""
    return {
        "title": post.title,
        "body": post.body,
        "excerpt": post.excerpt,
        "tags": list(post.tags),
        "canonical_url": post.canonical_url,
        "cover": post.cover_id or "",
        "cover_alt": post.cover_alt,
        "overrides": post.overrides,
    }


def read_revision(*, post: Post, number: int) -> dict[str, Any]:
    """Return the content of a revision.

    Raises:
        RevisionNotFound: there is none of this number.
    """
    if number == post.revision:
        return content_of(post)
    kept = PostRevision.objects.filter(post=post, number=number).values_list("content", flat=True).first()
    if kept is None:
        raise RevisionNotFound
    return dict(kept)


def content_for(*, post: Post, revision: int, account: PlatformAccount) -> Content:
    """Return a revision of a post as an account gets it.

    Raises:
        RevisionNotFound.
    """
    return build_content(fields=read_revision(post=post, number=revision), post=post, account=account)


def build_content(*, fields: Mapping[str, Any], post: Post, account: PlatformAccount) -> Content:
    """Build what an account gets of these content fields; they may be of an editor and not saved yet."""
    own = dict((fields.get("overrides") or {}).get(str(account.pk)) or {})
    merged = {name: own[name] if own.get(name) not in (None, "") else fields.get(name) for name in OVERRIDABLE}
    body = str(merged["body"] or "")
    refs = pictures_in(body)
    cover = str(fields.get("cover") or "")
    described = describe_pictures({**{ref.asset_id: ref.alt for ref in refs}, **({cover: ""} if cover else {})})
    inline = {ref.asset_id: described[ref.asset_id] for ref in refs if ref.asset_id in described}
    author = post.author.get_full_name() if post.author is not None else ""
    return Content(
        title=str(merged["title"] or ""),
        body=body,
        excerpt=str(merged["excerpt"] or ""),
        tags=tuple(merged["tags"] or ()),
        canonical_url=str(merged["canonical_url"] or ""),
        cover=_with_words(described.get(cover), str(fields.get("cover_alt") or "")),
        pictures=inline,
        is_body_meant=bool(own.get("body")),
        options={"author_name": author, **account.options, **dict(own.get("options") or {})},
    )


def missing_pictures(*, content: Mapping[str, Any]) -> list[str]:
    """Return the ids of pictures that content fields name and that are not there (any more)."""
    wanted = {ref.asset_id for ref in pictures_in(str(content.get("body") or ""))}
    wanted |= {str(content["cover"])} if content.get("cover") else set()
    for own in (content.get("overrides") or {}).values():
        wanted |= {ref.asset_id for ref in pictures_in(str(own.get("body") or ""))}
    return sorted(wanted - set(describe_pictures(dict.fromkeys(wanted, ""))))


def describe_pictures(words: Mapping[str, str]) -> dict[str, Picture]:
    """Describe those of these assets (id and alt text) that are ready."""
    return {asset.pk: describe_picture(asset, words[asset.pk]) for asset in _ready(words)}


def describe_picture(asset: Asset, alt: str) -> Picture:
    """Describe an asset for an adapter."""
    return Picture(
        asset_id=asset.pk,
        alt=alt,
        content_type=_MIME.get(asset.format, f"image/{asset.format}"),
        width=asset.width,
        height=asset.height,
        size_bytes=asset.size_bytes,
        sha256=asset.sha256,
        public_url=public_url(asset_id=asset.pk),
    )


def _ready(ids: Iterable[str]) -> list[Asset]:
    wanted = list(ids)
    found = Asset.objects.filter(pk__in=wanted, state=AssetState.READY) if wanted else Asset.objects.none()
    return [asset for asset in found if not asset.is_expired]


def _with_words(picture: Picture | None, alt: str) -> Picture | None:
    if picture is None:
        return None
    return replace(picture, alt=alt)
