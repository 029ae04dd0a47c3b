"""What can go wrong with posts, accounts and publishings."""

from nightdesk.core.errors import Conflict, Gone, NotFound, Permanent


class PostNotFound(NotFound):
    """There is no post with this id."""

    public_message = "There is no such post. It may have been deleted; look at the list."


class RevisionNotFound(NotFound):
    """The post has no revision of this number."""

    public_message = "There is no such revision of this post. Look at the list of its revisions."


class PostChanged(Conflict):
    """Somebody was faster."""

    code = "post_changed"
    public_message = "Somebody has changed this post since you opened it. Load it again, then repeat your change."


class BeingEdited(Conflict):
    """Somebody else has it open in the editor."""

    code = "being_edited"
    public_message = "Somebody is editing this post just now. Ask them to finish, or confirm that you want to go on."


class PostInUse(Conflict):
    """It is on its way to a platform."""

    code = "post_in_use"
    public_message = "This post is being published. Wait until that is finished, or cancel it, then try again."


class AccountNotFound(NotFound):
    """There is no account with this id."""

    public_message = "There is no such account. It may have been disconnected; look at the list of accounts."


class PublishingNotFound(NotFound):
    """There is no publishing with this id."""

    public_message = "This post was not sent there. Look at its publish history."


class NotInQuestion(Conflict):
    """Its outcome is known, or it is still on its way."""

    code = "not_in_question"
    public_message = "It is known how this ended, or it is still on its way, so there is nothing to decide."


class NothingToRetry(Conflict):
    """It has succeeded, or is still on its way."""

    code = "nothing_to_retry"
    public_message = "This was published or is still on its way, so there is nothing to try again."


class NewerIsThere(Conflict):
    """A later revision of the post went to the same account, or is on its way."""

    code = "newer_is_there"
    public_message = "A later version of this post was sent there already, so the earlier one is not sent any more."


class RoundNotFound(NotFound):
    """There is no round with this id."""

    public_message = "This publishing was not asked for. Look at the post's publish history."


class NotMovable(Conflict):
    """Nothing of it waits for its time any more."""

    code = "not_movable"
    public_message = "This has begun or is over, so its time cannot be changed. Look at the post's publish history."


class NotOut(Conflict):
    """It cannot be taken away: it is not there, or the platform does not let us."""

    code = "not_out"
    public_message = "This is not out there, so there is nothing to take away."


class Superseded(Conflict):
    """The job of a publishing that another job has taken over."""

    code = "superseded"
    public_message = "Another job publishes this by now. Look at the post's publish history, and use its buttons."


class Unpublishable(Permanent):
    """The post cannot go to this platform as it stands."""

    code = "unpublishable"


class EntryNotFound(NotFound):
    """The journal has no entry at this address, or no picture."""

    public_message = "There is nothing at this address of the journal. Look at the list of its entries."


class EntryRemoved(Gone):
    """It was in the journal and was taken away."""

    public_message = "This entry was taken away by its authors. Look at the list of the others."


class StateFixed(Conflict):
    """Its publishings say where it stands, not its authors."""

    code = "state_fixed"
    public_message = "This post is out or waits for its time, so its state follows that. Cancel what waits first."


class JournalStays(Conflict):
    """The journal is a part of the installation."""

    code = "journal_stays"
    public_message = (
        "The journal is part of this installation and cannot be disconnected. Leave it out when you publish."
    )
