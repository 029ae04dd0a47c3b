"""Shapes of mails: what is asked for, and where each stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import MAX_ROW_ID, In, Out
from nightdesk.mail.jobs import Subject
from nightdesk.mail.models import MAX_RECIPIENTS, BulkMail, Category, MailState, OutboxMail

#: As a request has it: longer ones are none, and are named in the refusal.
Recipient = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
#: Any text: a name that is none is refused with those that there are.
TemplateField = Annotated[str, StringConstraints(min_length=1, max_length=60)]
ContextField = Annotated[dict[str, Any], Field(description="What the template is filled with. Values, no references.")]


class MailIn(In):
    """One mail."""

    recipient_email: Recipient
    subject: Subject
    template_name: TemplateField = "notification"
    context: ContextField = Field(default_factory=dict)


class MailingIn(In):
    """One mail to each of many."""

    recipient_emails: list[Recipient] = Field(min_length=1, max_length=MAX_RECIPIENTS)
    subject: Subject
    template_name: TemplateField = "newsletter"
    context: ContextField = Field(default_factory=dict)


class MailsQuery(PageQuery):
    """Which mails."""

    state: MailState | None = None
    category: Category | None = None
    bulk_id: Annotated[int, Field(ge=1, le=MAX_ROW_ID)] | None = Field(None, description="Those of one mailing.")
    q: str = Field("", max_length=200, description="Looked for in recipient and subject.")


class MailOut(Out):
    """Where a mail stands. What it says is not among it."""

    id: int
    recipient: str
    subject: str
    template: str
    category: Category
    state: MailState = Field(description="`kept`: no server is set, it has not left. `unknown`: decide.")
    attempts: int
    last_code: int | None = Field(description="What the mail server answered last.")
    last_error: str = Field(description="Why it was not sent, or what came back, in plain words.")
    bulk_id: int | None
    task_id: UUID | None
    created_at: datetime
    sent_at: datetime | None = Field(description="When it left, or was kept.")

    @classmethod
    def from_row(cls, mail: OutboxMail) -> Self:
        """Show a mail."""
        return cls.model_validate(mail)


class MailBodyOut(Out):
    """What a mail says."""

    subject: str
    html: str
    text: str


class MailDetail(MailOut):
    """A mail, with what it says where the asker may read it and it was written already."""

    body: MailBodyOut | None

    @classmethod
    def with_body(cls, mail: OutboxMail, body: MailBodyOut | None) -> Self:
        """Show a mail with what it says."""
        return cls(**MailOut.from_row(mail).model_dump(), body=body)


class DecisionIn(In):
    """How a mail ended that nobody knows about."""

    arrived: StrictBool = Field(description="true: it was sent. false: it was not, and is sent again.")


class TemplateOut(Out):
    """A template. `needs` are the variables that a context must have."""

    name: str
    title: str
    category: Category
    subject: str
    needs: list[str]
    sample: dict[str, Any]


class TemplatesOut(Out):
    """All templates."""

    templates: list[TemplateOut]


class PreviewIn(In):
    """What a template is filled with to be looked at; nothing: its sample."""

    context: Annotated[dict[str, Any], Field(description="Null: the template's sample.")] | None = None
    subject: Subject | None = None


class PreviewOut(MailBodyOut):
    """How a template looks. `missing`: variables that it needs and the context has not."""

    missing: list[str]


class MailingOut(Out):
    """A bulk mailing, with its mails counted by state."""

    id: int
    subject: str
    template: str
    task_id: UUID
    total: int
    counts: dict[MailState, int]
    created_at: datetime

    @classmethod
    def with_counts(cls, mailing: BulkMail, counts: Mapping[str, int]) -> Self:
        """Show a mailing with how many of its mails stand where."""
        return cls(
            id=mailing.pk,
            subject=mailing.subject,
            template=mailing.template,
            task_id=mailing.task_id,
            total=mailing.total,
            counts={MailState(state): count for state, count in counts.items()},
            created_at=mailing.created_at,
        )
