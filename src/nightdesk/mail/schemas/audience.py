"""Shapes of suppressions and preferences."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool

from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import In, Out, text
from nightdesk.mail.models import Suppression, SuppressionReason
from nightdesk.mail.services import Preference

#: What can be refused; mail about security is always sent.
RefusableCategory = Literal["notice", "bulk"]


class SuppressionsQuery(PageQuery):
    """Which addresses."""

    reason: SuppressionReason | None = None
    q: str = Field("", max_length=254, description="Looked for in the address.")


class SuppressionIn(In):
    """An address that is to get no mail."""

    address: Annotated[str, text(1_000)]
    category: RefusableCategory | Literal[""] = Field("", description="Empty: any but security.")
    detail: Annotated[str, text(500, shortest=0)] = Field("", description="Why, for colleagues.")


class SuppressionOut(Out):
    """An address that gets no mail of a category; an empty one means any but security."""

    id: int
    address: str
    category: str
    reason: SuppressionReason
    detail: str
    created_at: datetime

    @classmethod
    def from_row(cls, row: Suppression) -> Self:
        """Show a row."""
        return cls.model_validate(row)


class PreferenceOut(Out):
    """Whether you want mails of a category."""

    category: RefusableCategory
    title: str
    is_wanted: bool


class PreferencesOut(Out):
    """What you want to get."""

    preferences: list[PreferenceOut]

    @classmethod
    def from_preferences(cls, preferences: tuple[Preference, ...]) -> Self:
        """Show them."""
        return cls(preferences=[PreferenceOut.model_validate(one) for one in preferences])


class PreferencesPatch(In):
    """What changes."""

    notice: StrictBool = Field(default=True, description="Welcome mails and notifications.")
    bulk: StrictBool = Field(default=True, description="Newsletters and digests.")
