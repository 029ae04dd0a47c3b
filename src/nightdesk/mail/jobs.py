"""What can be asked of the background for mail."""

import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from nightdesk.core.references import refer
from nightdesk.engine.arguments import JobArgs

_LINE_BREAK: Final = re.compile(r"[\r\n\x00-\x1f\x7f\x85\u2028\u2029]")


def _one_line(text: str) -> str:
    if _LINE_BREAK.search(text):
        raise ValueError("A subject is one line: line breaks and control characters are not allowed.")
    return text


#: A header's text: one line, so that nobody writes headers of their own through it.
Subject = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_one_line)]
TemplateName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
#: What a template is filled with. Model instances are accepted and travel as references.
Context = Annotated[dict[str, Any], BeforeValidator(refer)]


class SendNotificationEmail(
    JobArgs, queue="default", retries=3, retry_delay_s=60.0, soft_limit_s=120.0, sensitive=True, private=True
):
    """Send a mail."""

    recipient_email: str
    subject: Subject
    template_name: TemplateName = "notification"
    context: Context = {}


class SendBulkNotificationEmails(
    JobArgs,
    queue="default",
    priority=3,
    retries=3,
    retry_delay_s=60.0,
    soft_limit_s=300.0,
    sensitive=True,
    private=True,
    arguments_bytes=1_500_000,
):
    """Send a mail to many."""

    recipient_emails: Annotated[list[str], Field(min_length=1, max_length=5_000)]
    subject: Subject
    template_name: TemplateName = "newsletter"
    context: Context = {}


class SendMailBatch(
    JobArgs, queue="default", priority=3, retries=3, retry_delay_s=60.0, soft_limit_s=900.0, private=True
):
    """Send one batch of a bulk mailing."""

    bulk_id: int
    batch: int


class SendWelcomeEmail(JobArgs, queue="default", retries=3, retry_delay_s=60.0, soft_limit_s=120.0, private=True):
    """Welcome somebody by mail."""

    user_id: int | None = None
    user_type: Literal["user", "admin"] = "user"
    admin_id: int | None = None

    @model_validator(mode="after")
    def _one_id(self) -> Self:
        if (self.user_id is None) == (self.admin_id is None):
            raise ValueError("Give either user_id or admin_id.")
        return self


class SendMail(JobArgs, queue="default", priority=6, retries=3, retry_delay_s=60.0, soft_limit_s=120.0, private=True):
    """Send a mail of the outbox."""

    mail_id: int
