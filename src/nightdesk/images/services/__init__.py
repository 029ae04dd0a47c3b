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
from nightdesk.images.services.named_files import check_path
from nightdesk.images.services.processing import check_numbers, describe_result, process_named_file
from nightdesk.images.services.sweeping import Swept, sweep_files
from nightdesk.images.services.uploads import receive_upload, register_upload, settle_upload, stage_upload

__all__ = [
    "DRAFTS",
    "AssetFiles",
    "FileGone",
    "StoreAway",
    "Swept",
    "assets_shown",
    "check_numbers",
    "check_path",
    "delete_asset",
    "describe_result",
    "drop_files",
    "drop_loose_files",
    "file_name",
    "find_asset",
    "find_ready_asset",
    "keep_asset",
    "process_named_file",
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
    "sweep_files",
    "write_asset_files",
]
