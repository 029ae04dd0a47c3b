"""The API of mail."""

from nightdesk.mail.api.audience import router as audience_router
from nightdesk.mail.api.mailings import router as mailings_router
from nightdesk.mail.api.mails import router as mails_router
from nightdesk.mail.api.tasks import router as mail_tasks_router
from nightdesk.mail.api.templates import router as templates_router

__all__ = ["audience_router", "mail_tasks_router", "mailings_router", "mails_router", "templates_router"]
