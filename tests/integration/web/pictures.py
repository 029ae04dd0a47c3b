"""Pictures for tests of the pages: rows that are ready, with no file behind them."""

from typing import Any

from nightdesk.images.models import Asset, AssetState, Origin


def make_picture(name: str = "kettle.jpg", **fields: Any) -> Asset:
    """Make a picture that is ready, as the store would have it."""
    usual = {"origin": Origin.UPLOADED, "state": AssetState.READY, "format": "jpeg", "width": 600, "height": 400}
    return Asset.objects.create(name=name, **{**usual, "size_bytes": 1000, "sha256": "0" * 64, **fields})
