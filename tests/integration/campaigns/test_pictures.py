"""The picture that goes with a piece."""

from datetime import timedelta

import pytest
from django.utils import timezone

from nightdesk.campaigns.errors import PieceLocked, PieceNotFound
from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.campaigns.services import (
    create_campaign,
    delete_campaign,
    edit_piece,
    lock_piece,
    regenerate_campaign,
    remove_picture,
    set_picture,
)
from nightdesk.engine.testing import drain
from nightdesk.images.errors import AssetExpired, AssetInUse, AssetNotFound, AssetNotReady
from nightdesk.images.models import Asset, AssetState, Origin
from nightdesk.images.services import delete_asset

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(db: None) -> Campaign:
    made = create_campaign(name="Kettle", brief="A kettle for two.", channels=["x", "email"], created_by_id=None)
    drain()
    return made


def make_asset(**fields: object) -> Asset:
    usual = {"origin": Origin.MADE, "state": AssetState.READY, "format": "webp", "width": 600, "height": 400}
    return Asset.objects.create(**{**usual, **fields})


def piece(channel: str = "x") -> ContentPiece:
    return ContentPiece.objects.get(channel=channel)


def test_picture_of_a_piece_is_kept_and_changes_no_text(campaign: Campaign) -> None:
    asset = make_asset(expires_at=timezone.now() + timedelta(hours=1))
    before = piece()
    shown = set_picture(campaign_id=campaign.pk, channel="x", asset_id=asset.pk)
    asset.refresh_from_db()
    after = piece()
    assert (shown.picture_id, after.picture_id) == (asset.pk, asset.pk)
    assert (asset.expires_at, asset.kept_at is None) == (None, False)
    assert (after.version, after.fields) == (before.version, before.fields)
    assert after.updated_at > before.updated_at


def test_same_picture_again_changes_nothing_and_another_takes_its_place(campaign: Campaign) -> None:
    first, second = make_asset(), make_asset()
    set_picture(campaign_id=campaign.pk, channel="x", asset_id=first.pk)
    at = piece().updated_at
    set_picture(campaign_id=campaign.pk, channel="x", asset_id=first.pk)
    assert piece().updated_at == at
    set_picture(campaign_id=campaign.pk, channel="x", asset_id=second.pk)
    assert piece().picture_id == second.pk


def test_picture_stays_through_edits_and_regenerations(campaign: Campaign) -> None:
    asset = make_asset()
    set_picture(campaign_id=campaign.pk, channel="x", asset_id=asset.pk)
    edit_piece(campaign_id=campaign.pk, channel="x", fields={"text": "Mine."}, base_version=1, user_id=None)
    regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()
    assert (piece().picture_id, piece().version) == (asset.pk, 3)


def test_picture_in_use_cannot_be_deleted_until_it_is_taken_off(campaign: Campaign) -> None:
    asset = make_asset()
    set_picture(campaign_id=campaign.pk, channel="x", asset_id=asset.pk)
    with pytest.raises(AssetInUse):
        delete_asset(asset_id=asset.pk)
    assert Asset.objects.filter(pk=asset.pk).exists()
    assert remove_picture(campaign_id=campaign.pk, channel="x").picture_id is None
    at = piece().updated_at
    remove_picture(campaign_id=campaign.pk, channel="x")
    assert piece().updated_at == at
    delete_asset(asset_id=asset.pk)
    assert not Asset.objects.exists()


def test_deleted_campaign_leaves_the_picture(campaign: Campaign) -> None:
    asset = make_asset()
    set_picture(campaign_id=campaign.pk, channel="x", asset_id=asset.pk)
    delete_campaign(campaign_id=campaign.pk)
    delete_asset(asset_id=asset.pk)
    assert not Asset.objects.exists()


def test_locked_piece_keeps_its_picture(campaign: Campaign) -> None:
    asset = make_asset()
    lock_piece(campaign_id=campaign.pk, channel="x", user_id=None)
    with pytest.raises(PieceLocked):
        set_picture(campaign_id=campaign.pk, channel="x", asset_id=asset.pk)
    with pytest.raises(PieceLocked):
        remove_picture(campaign_id=campaign.pk, channel="x")
    assert piece().picture_id is None


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"state": AssetState.COMING}, AssetNotReady),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, AssetExpired),
    ],
)
def test_picture_that_is_not_there_is_refused(
    campaign: Campaign, fields: dict[str, object], error: type[Exception]
) -> None:
    asset = make_asset(**fields)
    with pytest.raises(error):
        set_picture(campaign_id=campaign.pk, channel="x", asset_id=asset.pk)
    asset.refresh_from_db()
    assert (piece().picture_id, asset.kept_at) == (None, None)


def test_unknown_picture_or_piece_is_refused(campaign: Campaign) -> None:
    with pytest.raises(AssetNotFound):
        set_picture(campaign_id=campaign.pk, channel="x", asset_id="a" * 24)
    with pytest.raises(PieceNotFound):
        set_picture(campaign_id=campaign.pk, channel="blog", asset_id=make_asset().pk)
