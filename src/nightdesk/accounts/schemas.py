"""Shapes of the accounts API."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field

from nightdesk.accounts.models import ApiToken, Role, User
from nightdesk.httpkit.schemas import In, Out, text


class Me(Out):
    """The user behind the request."""

    id: int
    email: str
    first_name: str
    last_name: str
    role: Role
    date_joined: datetime

    @classmethod
    def from_row(cls, user: User) -> Self:
        """Show a user to themselves."""
        return cls.model_validate(user)


class TokenIn(In):
    """What a new token is called and how long it lives."""

    name: Annotated[str, text(80)] = Field(description="Where it will be used, so that you know it again.")
    expires_at: AwareDatetime | None = Field(None, description="When it stops working, with zone. Null: never.")


class TokenOut(Out):
    """A token without its secret."""

    id: int
    name: str
    hint: str = Field(description="How the token begins.")
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def from_row(cls, token: ApiToken) -> Self:
        """Show a token."""
        return cls.model_validate(token)


class NewTokenOut(TokenOut):
    """A token that was just made: the only answer that ever holds its secret."""

    token: str = Field(description="Send it as `Authorization: Bearer ...`. It cannot be shown again.")
