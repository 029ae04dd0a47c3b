"""Assets with where they came from, the files behind them, and consent to face swaps."""

from nightdesk.images.models.assets import (
    MAX_NAME_CHARS,
    MAX_PROMPT_CHARS,
    THUMB_SIDES,
    Asset,
    AssetParent,
    AssetState,
    Origin,
    new_asset_id,
)
from nightdesk.images.models.consent import FaceSwapConsent, ImageSettings
from nightdesk.images.models.files import StoredFile

__all__ = [
    "MAX_NAME_CHARS",
    "MAX_PROMPT_CHARS",
    "THUMB_SIDES",
    "Asset",
    "AssetParent",
    "AssetState",
    "FaceSwapConsent",
    "ImageSettings",
    "Origin",
    "StoredFile",
    "new_asset_id",
]
