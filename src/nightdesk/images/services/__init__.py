"""What is done with pictures: `files` in the store, `uploads` on their way, `assets` that are there, `sweeping` after all."""

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
from nightdesk.images.services.files import (
    DRAFTS,
    FileGone,
    StoreAway,
    drop_files,
    drop_loose_files,
    put_file,
    read_stored,
)
from nightdesk.images.services.uploads import receive_upload, register_upload, settle_upload, stage_upload

__all__ = [
    "DRAFTS",
    "AssetFiles",
    "FileGone",
    "StoreAway",
    "assets_shown",
    "delete_asset",
    "drop_files",
    "drop_loose_files",
    "file_name",
    "find_asset",
    "find_ready_asset",
    "keep_asset",
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
    "write_asset_files",
]
