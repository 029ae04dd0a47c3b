"""What can go wrong with mail."""

from nightdesk.core.errors import Conflict, Forbidden, NotFound


class MailNotFound(NotFound):
    """There is no mail with this id that the caller may see."""

    public_message = "There is no such mail. Mails are kept for some weeks; look at the outbox."


class MailingNotFound(NotFound):
    """There is no bulk mailing with this id that the caller may see."""

    public_message = "There is no such mailing. Mailings are kept for some weeks; look at the outbox."


class TemplateNotFound(NotFound):
    """There is no template of this name."""

    code = "template_not_found"
    public_message = "There is no such mail template. Look at the list of templates."


class MailNotInDoubt(Conflict):
    """A decision was given on a mail that waits for none."""

    code = "mail_not_in_doubt"
    public_message = "It is known how this mail ended. There is nothing to decide."


class SuppressionNotFound(NotFound):
    """There is no suppressed address with this id."""

    public_message = "There is no such suppressed address. It may have been removed already."


class UnsubscribeLinkNotValid(NotFound):
    """The link was not made here, or a part of it was lost on the way."""

    code = "unsubscribe_link_not_valid"
    public_message = "This link to unsubscribe is not complete. Open it from the mail again, without changing it."


class MailNotYours(Forbidden):
    """A mail that may be looked at and not acted upon."""

    code = "mail_not_yours"
    public_message = "Only who asked for this mail, or an operator, may do this. Ask one of them."
