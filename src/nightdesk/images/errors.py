"""What can go wrong with pictures."""

from nightdesk.core.errors import Conflict, Gone, NotFound


class AssetNotFound(NotFound):
    """There is no picture with this id."""

    public_message = "There is no such picture. It may have been deleted; look in the library."


class AssetExpired(Gone):
    """It was a result that nobody kept."""

    code = "asset_expired"
    public_message = "This picture was not kept and has been removed. Make it anew, or upload it again."


class AssetNotReady(Conflict):
    """Its file is still being read or made."""

    code = "asset_not_ready"
    public_message = "This picture is still being prepared. Wait until its job is done, then try again."


class AssetInUse(Conflict):
    """Something still shows it."""

    code = "asset_in_use"
    public_message = (
        "This picture is used in a campaign or a post. Take it out of the campaign first; a post keeps the pictures of "
        "all its revisions, so there the post has to be deleted."
    )
