"""Shapes of the endpoints of platforms and of accounts on them. No answer holds a credential that was pasted."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import In, Out, text
from nightdesk.providers.publishing.protocol import Certainty, Platform, PlatformInfo
from nightdesk.providers.publishing.protocol import Field as PlatformField
from nightdesk.publishing.models import Health, PlatformAccount
from nightdesk.publishing.models.accounts import MAX_NAME_CHARS

_MOST_FIELDS = 20
_MOST_CHARS = 4_000

AccountName = Annotated[str, text(MAX_NAME_CHARS, shortest=0), Field(description="For people.")]
_Texts = dict[
    Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=_MOST_CHARS)]
]
Credentials = Annotated[
    _Texts,
    Field(
        max_length=_MOST_FIELDS, description="As `GET /api/platforms/` lists them. Encrypted, and never shown again."
    ),
]
Options = Annotated[
    _Texts, Field(max_length=_MOST_FIELDS, description="For all posts that go there, unless a post says otherwise.")
]


class AccountIn(In):
    """An account to connect."""

    platform: Platform
    name: AccountName = Field("", description="By default the name of the platform.")
    credentials: Credentials = {}
    options: Options = {}


class AccountPatch(In):
    """What to change; fields that are left out stay."""

    name: AccountName = Field(default_factory=str)
    options: Options = Field(default_factory=dict)
    credentials: Credentials = Field(
        default_factory=dict,
        description="Those left out stay. Where the server or a name changes, the secrets have to be sent again.",
    )


class AccountsQuery(PageQuery):
    """Filters of the list."""

    platform: Platform | None = Field(None, description="Only accounts on this platform.")
    health: Health | None = Field(None, description="Only accounts that stand like this.")


class AccountOut(Out):
    """An account on a platform, without what opens it."""

    id: int
    platform: str
    name: str
    handle: str = Field(description="As people know it there; empty until it was checked.")
    url: str
    health: Health = Field(description="reconnect: nothing is sent before somebody gives it new credentials.")
    health_detail: str = Field(description="What is the matter and what to do, in plain words.")
    options: dict[str, str]
    expires_at: datetime | None = Field(description="When its access ends, where the platform says so.")
    checked_at: datetime | None
    check_task_id: UUID | None = Field(description="The job of its last check.")
    connected_by: int | None = Field(description="The user's id; null when the user is gone.")
    created_at: datetime

    @classmethod
    def from_row(cls, account: PlatformAccount) -> Self:
        """Show an account's row; reads nothing else."""
        return cls.model_validate(_show(account))


class AccountMade(AccountOut):
    """An account that was just connected."""

    made: dict[str, str] = Field(description="Credentials that were made for it. They are shown here and never again.")

    @classmethod
    def from_made(cls, account: PlatformAccount, made: dict[str, str]) -> Self:
        """Show an account with what was made for it."""
        return cls.model_validate({**_show(account), "made": made})


def _show(account: PlatformAccount) -> dict[str, object]:
    plain = AccountOut.model_fields.keys() - {"id", "connected_by"}
    shown = {name: getattr(account, name) for name in plain}
    return {**shown, "id": account.pk, "connected_by": account.connected_by_id}


class ChoiceOut(Out):
    """One value of a field, with its words."""

    value: str
    title: str


class FieldOut(Out):
    """Something a person fills in."""

    name: str
    title: str
    kind: str = Field(description="text, secret, url, flag (true or false) or choice.")
    help: str
    is_required: bool
    default: str
    choices: list[ChoiceOut]

    @classmethod
    def from_field(cls, field: PlatformField) -> Self:
        """Show a field."""
        choices = [ChoiceOut(value=value, title=title) for value, title in field.choices]
        plain = {name: getattr(field, name) for name in cls.model_fields.keys() - {"choices"}}
        return cls(**plain, choices=choices)


class PlatformOut(Out):
    """What to know of a platform before connecting it."""

    platform: Platform
    title: str
    credentials: list[FieldOut]
    options: list[FieldOut]
    parts: list[str] = Field(description="Which parts of a post it shows.")
    certainty: Certainty = Field(description="none: where an answer is lost, a person looks whether the post is out.")
    can_update: bool
    can_delete: bool
    needs_public_pictures: bool = Field(description="It fetches pictures from us, so it must be able to reach us.")
    is_long: bool = Field(description="It takes whole articles; the others take short texts.")
    how_to_connect: str
    weak_points: list[str]

    @classmethod
    def from_info(cls, info: PlatformInfo) -> Self:
        """Show a platform."""
        plain = {name: getattr(info, name) for name in cls.model_fields.keys() - {"credentials", "options"}}
        return cls.model_validate(
            {
                **plain,
                "credentials": [FieldOut.from_field(field) for field in info.credentials],
                "options": [FieldOut.from_field(field) for field in info.options],
            }
        )


class PlatformsOut(Out):
    """Every platform, the journal first."""

    platforms: list[PlatformOut]
