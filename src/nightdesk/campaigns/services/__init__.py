"""What is done with campaigns: by people (`editing`), by the job that writes them (`writing`)."""

from nightdesk.campaigns.services.editing import (
    CampaignChanges,
    create_campaign,
    delete_campaign,
    find_campaign,
    regenerate_campaign,
    update_campaign,
)
from nightdesk.campaigns.services.writing import draft_piece, end_writing, save_piece, start_writing

__all__ = [
    "CampaignChanges",
    "create_campaign",
    "delete_campaign",
    "draft_piece",
    "end_writing",
    "find_campaign",
    "regenerate_campaign",
    "save_piece",
    "start_writing",
    "update_campaign",
]
