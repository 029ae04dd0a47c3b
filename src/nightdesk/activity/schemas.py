"""Shapes of the activity log."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from nightdesk.activity.actions import title_of
from nightdesk.activity.models import MAX_ACTION_CHARS, MAX_SUBJECT_CHARS, Activity, Source
from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import MAX_ROW_ID, Moment, Out


class ActivityQuery(PageQuery):
    """Filters of the log."""

    actor: int | None = Field(None, ge=1, le=MAX_ROW_ID, description="Only what the user with this id did.")
    action: str | None = Field(
        None,
        max_length=MAX_ACTION_CHARS,
        description="Only this (`campaign.create`), or all that begins so (`campaign`).",
    )
    subject: str | None = Field(None, max_length=MAX_SUBJECT_CHARS, description="Only about this, like `campaign:42`.")
    since: Moment | None = Field(None, description="Only from this moment on.")
    until: Moment | None = Field(None, description="Only before this moment.")
    q: str = Field("", max_length=100, description="Only where the name of the thing or of the person holds this.")


class ActivityOut(Out):
    """One thing that somebody did. Names are as they were then."""

    id: int
    at: datetime
    actor_id: int | None = Field(description="Null: nobody was signed in, or the user is gone.")
    actor_name: str
    action: str
    action_title: str = Field(description="The same in plain words.")
    subject: str = Field(description="The thing, like `campaign:42`; empty where there is none.")
    title: str
    source: Source
    job_id: UUID | None
    address: str | None = Field(description="Where the request came from.")

    @classmethod
    def from_row(cls, row: Activity) -> Self:
        """Show a line."""
        plain = {name: getattr(row, name) for name in cls.model_fields.keys() - {"action_title"}}
        return cls(**plain, action_title=title_of(row.action))
