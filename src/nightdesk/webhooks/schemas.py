"""Shapes of the webhooks API."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from nightdesk.httpkit.schemas import In, Out, text
from nightdesk.webhooks.models import (
    MAX_NAME_CHARS,
    MAX_URL_CHARS,
    DeliveryState,
    WebhookDelivery,
    WebhookEndpoint,
)

Event = Literal["post.finished"]
_SECRET = "whsec_ and 24 to 64 bytes in base64. Empty: one is made."  # noqa: S105 (a description)


class WebhookIn(In):
    """Who is to be told, and of what."""

    url: Annotated[str, text(MAX_URL_CHARS)] = Field(description="Where deliveries are posted.")
    name: Annotated[str, text(MAX_NAME_CHARS, shortest=0)] = Field("", description="What people call it.")
    events: list[Event] = Field(default_factory=list, max_length=20, description="Empty: all of them.")
    secret: Annotated[str, text(200, shortest=0)] = Field("", description=_SECRET)


class WebhookPatch(In):
    """What changes."""

    url: Annotated[str, text(MAX_URL_CHARS)] = Field("", description="Where deliveries are posted.")
    name: Annotated[str, text(MAX_NAME_CHARS, shortest=0)] = ""
    events: list[Event] = Field(default_factory=list, max_length=20, description="Empty: all of them.")
    is_active: bool = Field(default=True, description="Whether it is told anything.")


class SecretIn(In):
    """A new secret."""

    secret: Annotated[str, text(200, shortest=0)] = Field("", description=_SECRET)


class WebhookOut(Out):
    """A webhook without its secret."""

    id: int
    name: str
    url: str
    events: list[str]
    is_active: bool
    disabled_reason: str
    last_status: int | None
    last_delivered_at: datetime | None
    old_secret_until: datetime | None = Field(description="Until when the secret before this one signs along.")
    created_at: datetime

    @classmethod
    def from_row(cls, endpoint: WebhookEndpoint) -> Self:
        """Show an endpoint."""
        return cls.model_validate(endpoint)


class WebhookWithSecret(WebhookOut):
    """A webhook whose secret was just set: the only answer that ever holds it."""

    secret: str = Field(description="By this the receiver knows that it was us. It cannot be shown again.")

    @classmethod
    def with_secret(cls, endpoint: WebhookEndpoint, secret: str) -> Self:
        """Show an endpoint with its secret."""
        return cls(**WebhookOut.from_row(endpoint).model_dump(), secret=secret)


class DeliveryOut(Out):
    """One event for one webhook."""

    id: int
    event: str
    webhook_id: str
    state: DeliveryState
    attempts: int
    last_status: int | None = Field(description="What the receiver answered last. Null: it did not.")
    last_error: str
    task_id: UUID | None
    created_at: datetime
    attempted_at: datetime | None
    delivered_at: datetime | None

    @classmethod
    def from_row(cls, delivery: WebhookDelivery) -> Self:
        """Show a delivery."""
        return cls.model_validate(delivery)
