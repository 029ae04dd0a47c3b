"""Publishing posts over HTTP: one task for each account, and what became of it."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.idempotency import idempotent
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.schemas import RowId
from nightdesk.publishing import services
from nightdesk.publishing.schemas.publishings import (
    PublishHistory,
    PublishIn,
    Publishing,
    PublishingOut,
    PublishOptions,
    RescheduleIn,
    ResolveIn,
    UnpublishOut,
    history_path,
    place_moment,
    read_history,
)

router = Router(tags=["publishing"])
#: Under the rows of a post: what people decide about one publishing.
_ROW = "/{post_id}/publishings/{published_post_id}"


@router.post(
    "/publish",
    response={202: Publishing, **refusals(404, 409, 422)},
    operation_id="publish_post",
    summary="Publish a post",
)
@idempotent
def publish_post(request: HttpRequest, body: PublishIn) -> HttpResponse:
    """Publish a post on several platforms, now or at a time: one task each, none of which waits for another.

    The same again while it is on its way answers with the same tasks. An account to which it cannot go is `skipped` with
    the reason while the others go; 400 with details by platform when it can go to none.
    """
    return _publish(request, body.post_id, body)


@router.post(
    "/{post_id}/publish",
    response={202: Publishing, **refusals(409, 422)},
    operation_id="publish_this_post",
    summary="Publish this post",
)
@idempotent
def publish_this_post(request: HttpRequest, post_id: RowId, body: PublishOptions) -> HttpResponse:
    """Publish a post, as `POST /api/posts/publish` does."""
    return _publish(request, post_id, body)


def _publish(request: HttpRequest, post_id: int, body: PublishOptions) -> HttpResponse:
    made = services.publish(post_id=post_id, asked_by=actor_of(request).user_id, **body.to_order())
    shown = Publishing.from_round(made, services.entries(round_id=made.pk))
    return answer(202, shown, location=history_path(request, post_id))


@router.get(
    "/{post_id}/publish-history",
    response=PublishHistory,
    operation_id="show_publish_history",
    summary="Show where a post was published",
)
def show_publish_history(request: HttpRequest, post_id: RowId) -> PublishHistory:  # noqa: ARG001 (Ninja passes it)
    """Show every publishing of a post with every attempt, the newest first. No credential can be among it."""
    return read_history(post_id)


@router.post(
    f"{_ROW}/retry/",
    response={200: PublishingOut, **refusals(409)},
    operation_id="retry_publishing",
    summary="Try one platform again",
)
def retry_publishing(request: HttpRequest, post_id: RowId, published_post_id: RowId) -> PublishingOut:
    """Try a publishing again that failed, was missed or was skipped; the others are left alone."""
    services.find_publishing(published_post_id=published_post_id, post_id=post_id)
    services.retry_publishing(published_post_id=published_post_id, by=actor_of(request).user_id)
    return _show(published_post_id)


@router.post(
    f"{_ROW}/resolve/",
    response={200: PublishingOut, **refusals(409)},
    operation_id="resolve_publishing",
    summary="Say how an unconfirmed publishing ended",
)
def resolve_publishing(
    request: HttpRequest, post_id: RowId, published_post_id: RowId, body: ResolveIn
) -> PublishingOut:
    """Say that it is live, with its address, or that it is not there: then it is sent again."""
    services.find_publishing(published_post_id=published_post_id, post_id=post_id)
    services.resolve_publishing(
        published_post_id=published_post_id,
        by=actor_of(request).user_id,
        live_at=body.live_at,
        not_there=body.not_there,
    )
    return _show(published_post_id)


@router.post(
    f"{_ROW}/cancel/",
    response={200: PublishingOut, **refusals(409)},
    operation_id="cancel_publishing",
    summary="Cancel a publishing",
)
def cancel_publishing(request: HttpRequest, post_id: RowId, published_post_id: RowId) -> PublishingOut:  # noqa: ARG001 (Ninja passes it)
    """Cancel a publishing that is on its way: at once while it waits, else it is told to stop. What is out stays out."""
    services.find_publishing(published_post_id=published_post_id, post_id=post_id)
    services.cancel_publishing(published_post_id=published_post_id)
    return _show(published_post_id)


@router.post(
    f"{_ROW}/unpublish/",
    response={202: UnpublishOut, **refusals(409)},
    operation_id="unpublish_post",
    summary="Take a post away from a platform",
)
def unpublish_post(request: HttpRequest, post_id: RowId, published_post_id: RowId) -> HttpResponse:
    """Take a post away from one platform, as a job; 409 where it is not out, or the platform cannot do that."""
    services.find_publishing(published_post_id=published_post_id, post_id=post_id)
    task_id = services.unpublish(published_post_id=published_post_id, by=actor_of(request).user_id)
    shown = UnpublishOut(task_id=task_id, published_post_id=published_post_id)
    return answer(202, shown, location=history_path(request, post_id))


@router.post(
    "/{post_id}/rounds/{round_id}/reschedule/",
    response={200: Publishing, **refusals(409)},
    operation_id="reschedule_round",
    summary="Change the time of a scheduled post",
)
def reschedule_round(request: HttpRequest, post_id: RowId, round_id: RowId, body: RescheduleIn) -> Publishing:
    """Give what still waits of a round another time; 409 once nothing of it waits."""
    services.find_round(round_id=round_id, post_id=post_id)
    moved = services.reschedule(
        round_id=round_id,
        scheduled_at=place_moment(body.scheduled_at, body.time_zone),
        time_zone=body.time_zone,
        by=actor_of(request).user_id,
    )
    return Publishing.from_round(moved, services.entries(round_id=round_id))


def _show(published_post_id: int) -> PublishingOut:
    row = services.find_publishing(published_post_id=published_post_id)
    return PublishingOut.from_row(services.describe_rows([row])[0])
