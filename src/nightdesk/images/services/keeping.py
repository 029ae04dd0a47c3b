"""What people do with assets: keep, rename, delete."""

from django.db.models import DateTimeField, F, ProtectedError, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from nightdesk.core.errors import InvalidInput
from nightdesk.engine import actions, sql
from nightdesk.images.errors import AssetInUse, AssetNotFound
from nightdesk.images.models import MAX_NAME_CHARS, Asset, AssetParent, AssetState
from nightdesk.images.services.assets import find_asset, release_files, rows_of
from nightdesk.images.services.files import drop_files


def keep_asset(*, asset_id: str) -> Asset:
    """Keep a result for good, with the result of its job. Safe to repeat.

    Raises:
        AssetNotFound. AssetExpired: too late.
    """
    now = timezone.now()
    with sql.writing():
        lasting = Q(expires_at=None) | Q(expires_at__gt=now)
        # Written in any case: whoever deletes the picture at this moment waits for what keeps it.
        rows_of(asset_id).filter(lasting).exclude(state=AssetState.EXPIRED).update(
            kept_at=Coalesce("kept_at", Value(now), output_field=DateTimeField()), expires_at=None, is_listed=True
        )
        asset = find_asset(asset_id=asset_id)
        # What was sent along with its task is its "before": it stays as long as the result does.
        _sent_along(Asset.objects.filter(lasting, children__child=asset)).update(expires_at=None)
        if asset.job_id is not None:
            actions.keep_result(job_id=asset.job_id)
    return asset


def _sent_along(assets: QuerySet[Asset]) -> QuerySet[Asset]:
    """Narrow to what came with a task and stands in no library. By id: a join cannot be updated."""
    return Asset.objects.filter(pk__in=assets.filter(is_listed=False, kept_at=None).values("pk"))


def rename_asset(*, asset_id: str, name: str) -> Asset:
    """Give an asset another name; an empty one takes it away.

    Raises:
        AssetNotFound, AssetExpired. InvalidInput: over 200 characters.
    """
    plain = " ".join(name.split())
    if len(plain) > MAX_NAME_CHARS:
        raise InvalidInput(details={"name": [f"This must have at most {MAX_NAME_CHARS} characters."]})
    find_asset(asset_id=asset_id)
    if not Asset.objects.filter(pk=asset_id).update(name=plain):
        raise AssetNotFound
    return find_asset(asset_id=asset_id)


def delete_asset(*, asset_id: str) -> None:
    """Delete a picture with its files, for good; what was made from it stays.

    Raises:
        AssetNotFound. AssetInUse: something that protects it shows it.
    """
    with sql.writing():
        rows = rows_of(asset_id)
        # Locked first: what is about to use it says so before, or finds it gone.
        if not rows.update(expires_at=F("expires_at")):
            raise AssetNotFound
        names = release_files(asset_id)
        # Gone with the last picture that was made from it; what a running task still needs is left to that.
        alone = _sent_along(Asset.objects.filter(children__child=asset_id, expires_at=None)).exclude(
            pk__in=AssetParent.objects.exclude(child=asset_id).filter(parent__isnull=False).values("parent")
        )
        alone.update(expires_at=timezone.now())
        try:
            rows.delete()
        except ProtectedError:
            raise AssetInUse from None
    drop_files(names=names)
