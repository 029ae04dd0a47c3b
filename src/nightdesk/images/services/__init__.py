"""What is done with pictures: `files` in the store, `uploads` on their way, `assets` that are there, `sweeping` after all."""

from nightdesk.images.services.assets import (
    AssetFiles,
    assets_shown,
    file_address,
    file_name,
    find_asset,
    find_ready_asset,
    open_file,
    read_file,
    read_mask,
    read_pixels,
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
from nightdesk.images.services.keeping import delete_asset, keep_asset, rename_asset
from nightdesk.images.services.named_files import check_path
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
from nightdesk.images.services.processing import ask_for_processing, check_numbers, describe_result, process_named_file
from nightdesk.images.services.providers import ProviderState, has_work_for, list_providers
from nightdesk.images.services.results import MOST_INLINE_BYTES, ImageResult, end_task, find_result, present_result
from nightdesk.images.services.screenshots import (
    LEAST_HEIGHT,
    LEAST_WIDTH,
    MOST_HEIGHT,
    MOST_WIDTH,
    ask_for_screenshot,
    take_screenshot,
)
from nightdesk.images.services.sweeping import Swept, sweep_files
from nightdesk.images.services.uploads import receive_upload, register_upload, settle_upload, stage_upload
from nightdesk.providers.images.ingest import MAX_BYTES

__all__ = [
    "CONSENT_STATEMENT",
    "DRAFTS",
    "KINDS",
    "LEAST_HEIGHT",
    "LEAST_WIDTH",
    "MAX_BYTES",
    "MOST_HEIGHT",
    "MOST_INLINE_BYTES",
    "MOST_WIDTH",
    "AssetFiles",
    "FileGone",
    "ImageResult",
    "Parameters",
    "ProviderState",
    "Received",
    "StoreAway",
    "Swept",
    "allow_face_swap",
    "ask_for_processing",
    "ask_for_screenshot",
    "assets_shown",
    "check_numbers",
    "check_order",
    "check_path",
    "delete_asset",
    "describe_result",
    "drop_files",
    "drop_loose_files",
    "end_task",
    "face_swap_allowed",
    "file_address",
    "file_name",
    "find_asset",
    "find_image_settings",
    "find_ready_asset",
    "find_result",
    "has_work_for",
    "keep_asset",
    "list_providers",
    "note_consent",
    "open_file",
    "perform_task",
    "present_result",
    "process_named_file",
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
    "sweep_files",
    "take_screenshot",
    "write_asset_files",
]
