"""The models that may be exported, each with its columns and with which of its rows who may see. Nothing else may."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from nightdesk.campaigns.models import Campaign, ContentPiece, WritingStatus
from nightdesk.campaigns.models import Origin as PieceOrigin
from nightdesk.engine.queries import visible_jobs
from nightdesk.engine.states import State
from nightdesk.exports.services.registry.columns import (
    Column,
    Filter,
    boolean,
    choice,
    identifier,
    integer,
    moment,
    structure,
    text,
)
from nightdesk.mail import services as mail
from nightdesk.mail.models import Category, MailState
from nightdesk.publishing.models import Action, Post, PostState, PublishedPost
from nightdesk.publishing.models import Status as PublishStatus

#: As `accounts.models.Status` has them: users are known to other apps only by string.
_USER_STATUSES: Final = ["active", "disabled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Whose rows these are to be. Nobody, in a shell, is an operator."""

    user_id: int | None
    is_operator: bool


@dataclass(frozen=True, slots=True)
class Exportable:
    """A model that may be exported. `scope` returns the rows that an asker may see."""

    name: str
    title: str
    scope: Callable[[Asker], "QuerySet[Any]"]
    columns: tuple[Column, ...]
    by_name: dict[str, Column] = field(init=False, repr=False)
    filters: dict[str, Filter] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})
        found = [Filter(column=column, lookup=lookup) for column in self.columns for lookup in column.lookups]
        object.__setattr__(self, "filters", {one.name: one for one in found})


def _users(asker: Asker) -> "QuerySet[Any]":
    everybody = get_user_model().objects.all()
    return everybody if asker.is_operator else everybody.filter(pk=asker.user_id or 0)


def _jobs(asker: Asker) -> "QuerySet[Any]":
    return visible_jobs(user_id=asker.user_id or 0, operator=asker.is_operator)


def _mails(asker: Asker) -> "QuerySet[Any]":
    return mail.mails_shown(user_id=asker.user_id or 0, is_operator=asker.is_operator)


_ALL: Final = (
    Exportable(
        "user",
        "Users",
        _users,
        (
            integer("id"),
            text("email"),
            text("first_name"),
            text("last_name"),
            choice("status", _USER_STATUSES),
            moment("date_joined"),
        ),
    ),
    Exportable(
        "campaign",
        "Campaigns",
        lambda _asker: Campaign.objects.all(),
        (
            integer("id"),
            text("name"),
            text("brief"),
            text("product"),
            text("audience"),
            text("tone"),
            structure("channels"),
            text("language"),
            integer("brand_kit_id", is_nullable=True),
            choice("ai_processing_status", WritingStatus.values),
            text("ai_processing_error"),
            moment("ai_processed_at", is_nullable=True),
            integer("created_by_id", is_nullable=True),
            moment("created_at"),
            moment("updated_at"),
        ),
    ),
    Exportable(
        "piece",
        "Pieces",
        lambda _asker: ContentPiece.objects.all(),
        (
            integer("id"),
            integer("campaign_id"),
            text("campaign_name", "campaign__name"),
            text("channel"),
            structure("fields"),
            structure("warnings"),
            text("made_by"),
            choice("origin", PieceOrigin.values),
            integer("version"),
            moment("locked_at", is_nullable=True),
            moment("created_at"),
            moment("updated_at"),
        ),
    ),
    Exportable(
        "post",
        "Posts",
        lambda _asker: Post.objects.all(),
        (
            integer("id"),
            text("title"),
            text("excerpt"),
            text("body"),
            structure("tags"),
            text("canonical_url"),
            choice("state", PostState.values),
            integer("revision"),
            integer("author_id", is_nullable=True),
            integer("piece_id", is_nullable=True),
            moment("unpublish_at", is_nullable=True),
            moment("created_at"),
            moment("updated_at"),
        ),
    ),
    Exportable(
        "publishing",
        "Publishings",
        lambda _asker: PublishedPost.objects.all(),
        (
            integer("id"),
            integer("post_id"),
            text("post_title", "post__title"),
            text("platform"),
            text("account_name", "account__name"),
            integer("revision"),
            choice("action", Action.values),
            choice("status", PublishStatus.values),
            text("remote_url"),
            text("error"),
            moment("scheduled_at", is_nullable=True),
            moment("created_at"),
            moment("finished_at", is_nullable=True),
            moment("removed_at", is_nullable=True),
        ),
    ),
    Exportable(
        "job",
        "Jobs",
        _jobs,
        (
            identifier("id"),
            text("kind"),
            text("queue"),
            integer("priority"),
            choice("state", State.values),
            integer("runs"),
            integer("failures"),
            integer("crashes"),
            integer("progress"),
            text("message"),
            text("subject"),
            integer("owner_id", is_nullable=True),
            boolean("result_gone"),
            moment("created_at"),
            moment("started_at", is_nullable=True),
            moment("finished_at", is_nullable=True),
        ),
    ),
    Exportable(
        "mail",
        "Mails",
        _mails,
        (
            integer("id"),
            choice("category", Category.values),
            text("template"),
            text("subject"),
            text("recipient"),
            choice("state", MailState.values),
            integer("attempts"),
            text("last_error"),
            integer("bulk_id", is_nullable=True),
            moment("created_at"),
            moment("sent_at", is_nullable=True),
        ),
    ),
)

#: What may be exported, by name.
EXPORTABLES: Final[dict[str, Exportable]] = {one.name: one for one in _ALL}
