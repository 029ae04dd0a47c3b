"""The pictures of a post: described for adapters, and held on to for as long as the post is there."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from nightdesk.core.errors import InvalidInput, NightdeskError
from nightdesk.images import services as images
from nightdesk.images.errors import AssetExpired, AssetNotFound, AssetNotReady
from nightdesk.images.models import Asset, AssetState
from nightdesk.providers.images.encoding import content_type_of
from nightdesk.providers.images.errors import Rejected
from nightdesk.providers.publishing.protocol import Picture
from nightdesk.providers.publishing.text import pictures_in
from nightdesk.publishing.models import Post, PostPicture
from nightdesk.publishing.services.journal import public_url

_GONE: Final = "is not there any more. Choose another one from the library"
_COMING: Final = "is still being read. Wait until the library shows it, then save again"
_REFUSED: Final = "could not be read when it was uploaded. Choose another one"


def hold_pictures(*, post: Post) -> None:
    """Keep the pictures of a post, as it stands now: they neither expire nor can they be deleted while it is there.

    Inside the transaction that saves the post. What earlier revisions show is held already and stays so.

    Raises:
        InvalidInput: a picture has no file that could be shown; with details by field.
    """
    wanted = _wanted_of(post)
    held = set(PostPicture.objects.filter(post=post, asset__in=wanted).values_list("asset_id", flat=True))
    wrong: dict[str, list[str]] = {}
    # In one order for everybody: two that save at once must not wait for each other.
    for asset_id in sorted(wanted.keys() - held):
        try:
            # Writes the asset's row: a deletion on its way is waited for, and one that comes later finds it in use.
            images.keep_asset(asset_id=asset_id)
            images.file_name(asset=images.find_ready_asset(asset_id=asset_id))
        except (AssetNotFound, AssetExpired, AssetNotReady, Rejected) as refused:
            wrong.setdefault(wanted[asset_id], []).append(_say(wanted[asset_id], asset_id, refused))
    if wrong:
        raise InvalidInput(details=wrong)
    PostPicture.objects.bulk_create(
        [PostPicture(post=post, asset_id=asset_id) for asset_id in sorted(wanted.keys() - held)]
    )


def _wanted_of(post: Post) -> dict[str, str]:
    """Return the pictures that a post names, each with the field where it can be mended."""
    bodies = {"body": post.body}
    bodies |= {f"overrides.{key}.body": str(own.get("body", "")) for key, own in post.overrides.items()}
    wanted = {post.cover_id: "cover"} if post.cover_id else {}
    for field, body in bodies.items():
        for ref in pictures_in(body):
            wanted.setdefault(ref.asset_id, field)
    return wanted


def _say(field: str, asset_id: str, refused: NightdeskError) -> str:
    what = "This picture" if field == "cover" else f"The picture asset:{asset_id}"
    if isinstance(refused, AssetNotReady):
        return f"{what} {_COMING}."
    if isinstance(refused, Rejected):
        return f"{what} {_REFUSED}."
    return f"{what} {_GONE}{'' if field == 'cover' else ', or take it out'}."


def leave_words(body: str, asset_ids: Iterable[str]) -> str:
    """Return Markdown in which these pictures are gone and what they say stands in their places."""
    places = "|".join(map(re.escape, asset_ids))
    return re.sub(rf"!\[([^\]]*)\]\(\s*<?asset:(?:{places})>?[^)]*\)", r"\1", body) if places else body


def describe_pictures(words: Mapping[str, str]) -> dict[str, Picture]:
    """Describe those of these pictures (id and what they say to those who do not see them) that are ready, by id."""
    return {asset.pk: _describe(asset, words[asset.pk]) for asset in _ready(words)}


def _ready(ids: Iterable[str]) -> list[Asset]:
    wanted = sorted(ids)
    found = Asset.objects.filter(pk__in=wanted, state=AssetState.READY) if wanted else Asset.objects.none()
    return [asset for asset in found if not asset.is_expired]


def _describe(asset: Asset, alt: str) -> Picture:
    facts: dict[str, Any] = {name: getattr(asset, name) for name in ("width", "height", "size_bytes", "sha256")}
    return Picture(
        asset_id=asset.pk,
        alt=alt,
        content_type=content_type_of(asset.format),
        public_url=public_url(asset_id=asset.pk),
        **facts,
    )
