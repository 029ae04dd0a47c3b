"""What is done with pictures: `files` in the store, `uploads` on their way, `assets` that are there, `orders` for new ones."""

from nightdesk.images.services.assets import (
    AssetFiles,
    assets_shown,
    delete_asset,
    file_name,
    find_asset,
    find_ready_asset,
    keep_asset,
    read_file,
    read_mask,
    read_pixels,
    rename_asset,
    save_made,
    write_asset_files,
)
from nightdesk.images.services.consent import (
    CONSENT_STATEMENT,
    allow_face_swap,
    face_swap_allowed,
    find_image_settings,
    note_consent,
)
from nightdesk.images.services.files import (
    DRAFTS,
    FileGone,
    StoreAway,
    drop_files,
    drop_loose_files,
    put_file,
    read_stored,
)
from nightdesk.images.services.orders import submit_task
from nightdesk.images.services.results import MOST_INLINE_BYTES, ImageResult, find_result, present_result
from nightdesk.images.services.uploads import receive_upload, register_upload, settle_upload, stage_upload

__all__ = [
    "CONSENT_STATEMENT",
    "DRAFTS",
    "MOST_INLINE_BYTES",
    "AssetFiles",
    "FileGone",
    "ImageResult",
    "StoreAway",
    "allow_face_swap",
    "assets_shown",
    "delete_asset",
    "drop_files",
    "drop_loose_files",
    "face_swap_allowed",
    "file_name",
    "find_asset",
    "find_image_settings",
    "find_ready_asset",
    "find_result",
    "keep_asset",
    "note_consent",
    "present_result",
    "put_file",
    "read_file",
    "read_mask",
    "read_pixels",
    "read_stored",
    "receive_upload",
    "register_upload",
    "rename_asset",
    "save_made",
    "settle_upload",
    "stage_upload",
    "submit_task",
    "write_asset_files",
]
