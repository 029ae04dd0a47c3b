"""Pictures that everybody may fetch: those in the journal, and those whose address was given to a platform."""

from typing import Final

from django.db.models import TextField
from django.db.models.functions import Cast

from nightdesk.images.models import Asset
from nightdesk.images.services import find_ready_asset
from nightdesk.providers.publishing.protocol import Platform
from nightdesk.providers.publishing.registry import find_publisher
from nightdesk.publishing.errors import EntryNotFound
from nightdesk.publishing.models import PublishedPost
from nightdesk.publishing.models.publishings import Status
from nightdesk.publishing.services.journal.addresses import PATH, is_reachable, picture_url
from nightdesk.publishing.services.journal.reading import entries_shown, having

#: States in which a platform may come for a picture, now or later.
_FETCHING: Final = (Status.PROCESSING, Status.SUCCESS, Status.UNCONFIRMED)


def public_url(*, asset_id: str) -> str:
    """Return where everybody can fetch a picture once a frozen publishing names this address, or the journal shows it.

    "" where nobody outside could: the address of this installation is one of a private network.
    """
    return picture_url(asset_id=asset_id) if is_reachable() else ""


def find_public_picture(*, asset_id: str) -> Asset:
    """Return a picture that everybody may see.

    Raises:
        EntryNotFound: nothing public shows it. AssetNotFound, AssetNotReady, AssetExpired: it is not there.
    """
    if not asset_id.isalnum() or not (_is_in_journal(asset_id) or _was_handed_out(asset_id)):
        raise EntryNotFound
    return find_ready_asset(asset_id=asset_id)


def _is_in_journal(asset_id: str) -> bool:
    return having(entries_shown(), "pictures", f'"{asset_id}"').exists()


def _was_handed_out(asset_id: str) -> bool:
    """Whether a frozen publishing that still counts says the address of the picture, or lets its platform fetch it."""
    address = f"{PATH}pictures/{asset_id}/"
    frozen = PublishedPost.objects.filter(frozen_at__isnull=False, removed_at__isnull=True, status__in=_FETCHING).alias(
        payload_text=Cast("payload", TextField()), pictures_text=Cast("pictures", TextField())
    )
    if frozen.filter(payload_text__contains=address).exists():
        return True
    named = frozen.filter(pictures_text__contains=address).values_list("platform", flat=True).distinct()
    return any(_fetches(Platform(platform)) for platform in named)


def _fetches(platform: Platform) -> bool:
    return platform is not Platform.JOURNAL and find_publisher(platform).info.needs_public_pictures
