"""What can go wrong with campaigns."""

from nightdesk.core.errors import Conflict, NotFound, Permanent


class CampaignNotFound(NotFound):
    """There is no campaign with this id."""

    public_message = "There is no such campaign. It may have been deleted; look at the list."


class CampaignBusy(Conflict):
    """Its content is being written."""

    code = "campaign_busy"
    public_message = "This campaign is being written. Wait until it is finished, or cancel its job, then try again."


class EverythingLocked(Conflict):
    """There is nothing to regenerate."""

    code = "everything_locked"
    public_message = "Every piece of this campaign is locked. Unlock one, then regenerate."


class PieceNotFound(NotFound):
    """There is no piece for this channel (yet)."""

    public_message = "There is no piece for this channel. It may not be written yet; look at the campaign."


class PieceVersionNotFound(NotFound):
    """The piece has no version of this number."""

    public_message = "There is no such version of this piece. Look at the list of its versions."


class PieceChanged(Conflict):
    """Somebody was faster."""

    code = "piece_changed"
    public_message = "Somebody changed this piece meanwhile. Look at the newer version, then put yours in again."


class PieceLocked(Conflict):
    """It is to stay as it is."""

    code = "piece_locked"
    public_message = "This piece is locked. Unlock it first."


class PieceBusy(Conflict):
    """It is being written anew."""

    code = "piece_busy"
    public_message = "This piece is being written anew. Wait until it is finished, or cancel its job, then try again."


class PieceWanted(Conflict):
    """The campaign asks for its channel."""

    code = "piece_wanted"
    public_message = "The campaign asks for this channel. Take the channel out of the campaign, then remove the piece."


class BrandKitNotFound(NotFound):
    """There is no brand kit with this id."""

    public_message = "There is no such brand kit. Look at the list."


class BrandKitChanged(Conflict):
    """Somebody was faster."""

    code = "brand_kit_changed"
    public_message = "Somebody changed this brand kit meanwhile. Look at the newer version, then put yours in again."


class BrandKitArchived(Conflict):
    """It is no longer in use."""

    code = "brand_kit_archived"
    public_message = "This brand kit is archived. Restore it first."


class BrandKitNameTaken(Conflict):
    """Another kit has this name."""

    code = "brand_kit_name_taken"
    public_message = "Another brand kit has this name. Choose a different one."


class NotOursToWrite(Permanent):
    """A job that may not write this campaign (any more): running it again changes nothing."""

    code = "not_ours_to_write"
    status = 409
    public_message = "This campaign is not waiting for this job. Open the campaign and regenerate it instead."
