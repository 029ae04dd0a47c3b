"""What can go wrong with campaigns."""

from nightdesk.core.errors import Conflict, NotFound, Permanent


class CampaignNotFound(NotFound):
    """There is no campaign with this id."""

    public_message = "There is no such campaign. It may have been deleted; look at the list."


class CampaignBusy(Conflict):
    """Its content is being written."""

    code = "campaign_busy"
    public_message = "This campaign is being written. Wait until it is finished, or cancel its job, then try again."


class NotOursToWrite(Permanent):
    """A job that may not write this campaign (any more): running it again changes nothing."""

    code = "not_ours_to_write"
    status = 409
    public_message = "This campaign is not waiting for this job. Open the campaign and regenerate it instead."
