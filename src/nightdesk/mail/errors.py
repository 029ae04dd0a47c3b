"""What can go wrong with mail."""

from nightdesk.core.errors import Conflict, NotFound


class MailNotFound(NotFound):
    """There is no mail with this id that the caller may see."""

    public_message = "There is no such mail. Mails are kept for some weeks; look at the outbox."


class TemplateNotFound(NotFound):
    """There is no template of this name."""

    code = "template_not_found"
    public_message = "There is no such mail template. Look at the list of templates."


class MailNotInDoubt(Conflict):
    """A decision was given on a mail that waits for none."""

    code = "mail_not_in_doubt"
    public_message = "It is known how this mail ended. There is nothing to decide."
