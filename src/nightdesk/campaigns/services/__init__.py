"""What is done with campaigns: by people (`brand_kits`, `editing`, `pieces`, `pictures`), by jobs (`writing`, `rewriting`)."""

from nightdesk.campaigns.services.brand_kits import (
    BrandKitChanges,
    archive_brand_kit,
    create_brand_kit,
    find_brand_kit,
    find_brand_version,
    newest_versions,
    restore_brand_kit,
    update_brand_kit,
)
from nightdesk.campaigns.services.costs import CampaignCost, costs_of
from nightdesk.campaigns.services.drafting import Sitting
from nightdesk.campaigns.services.editing import (
    CampaignChanges,
    create_campaign,
    delete_campaign,
    find_campaign,
    regenerate_campaign,
    update_campaign,
)
from nightdesk.campaigns.services.pictures import remove_picture, set_picture
from nightdesk.campaigns.services.pieces import (
    edit_piece,
    find_piece,
    lock_piece,
    remove_piece,
    restore_version,
    unlock_piece,
    versions_of,
)
from nightdesk.campaigns.services.rewriting import (
    end_rewriting,
    is_busy,
    is_shown,
    regenerate_piece,
    save_rewritten,
    take_piece,
)
from nightdesk.campaigns.services.writing import (
    channels_done,
    end_writing,
    requests_of,
    save_piece,
    start_writing,
)

__all__ = [
    "BrandKitChanges",
    "CampaignChanges",
    "CampaignCost",
    "Sitting",
    "archive_brand_kit",
    "channels_done",
    "costs_of",
    "create_brand_kit",
    "create_campaign",
    "delete_campaign",
    "edit_piece",
    "end_rewriting",
    "end_writing",
    "find_brand_kit",
    "find_brand_version",
    "find_campaign",
    "find_piece",
    "is_busy",
    "is_shown",
    "lock_piece",
    "newest_versions",
    "regenerate_campaign",
    "regenerate_piece",
    "remove_picture",
    "remove_piece",
    "requests_of",
    "restore_brand_kit",
    "restore_version",
    "save_piece",
    "save_rewritten",
    "set_picture",
    "start_writing",
    "take_piece",
    "unlock_piece",
    "update_brand_kit",
    "update_campaign",
    "versions_of",
]
