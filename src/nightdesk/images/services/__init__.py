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
from nightdesk.images.services.orders import (
    KINDS,
    Received,
    check_order,
    queue_of,
    read_operation,
    receiving,
    submit_task,
)
from nightdesk.images.services.parameters import Parameters, read_parameters
from nightdesk.images.services.performing import perform_task
from nightdesk.images.services.providers import ProviderState, has_work_for, list_providers
from nightdesk.images.services.results import MOST_INLINE_BYTES, ImageResult, end_task, find_result, present_result
from nightdesk.images.services.uploads import receive_upload, register_upload, settle_upload, stage_upload
from nightdesk.providers.images.ingest import MAX_BYTES

__all__ = [
    "CONSENT_STATEMENT",
    "DRAFTS",
    "KINDS",
    "MAX_BYTES",
    "MOST_INLINE_BYTES",
    "AssetFiles",
    "FileGone",
    "ImageResult",
    "Parameters",
    "ProviderState",
    "Received",
    "StoreAway",
    "allow_face_swap",
    "assets_shown",
    "check_order",
    "delete_asset",
    "drop_files",
    "drop_loose_files",
    "end_task",
    "face_swap_allowed",
    "file_name",
    "find_asset",
    "find_image_settings",
    "find_ready_asset",
    "find_result",
    "has_work_for",
    "keep_asset",
    "list_providers",
    "note_consent",
    "perform_task",
    "present_result",
    "put_file",
    "queue_of",
    "read_file",
    "read_mask",
    "read_operation",
    "read_parameters",
    "read_pixels",
    "read_stored",
    "receive_upload",
    "receiving",
    "register_upload",
    "rename_asset",
    "save_made",
    "settle_upload",
    "stage_upload",
    "submit_task",
    "write_asset_files",
]
