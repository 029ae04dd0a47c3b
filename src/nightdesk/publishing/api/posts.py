"""Posts over HTTP. All members see and edit all posts."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.idempotency import idempotent
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, PageQuery, page_of
from nightdesk.httpkit.schemas import MAX_NUMBER, RowId
from nightdesk.publishing import services
from nightdesk.publishing.models import Post, PostState
from nightdesk.publishing.schemas.posts import (
    CopyOut,
    CopyTarget,
    PostDetail,
    PostIn,
    PostPatch,
    PostsQuery,
    PostSummary,
    PreviewOut,
    PreviewQuery,
    RestoreRevisionIn,
    RevisionOut,
    StateIn,
    fields_sent,
)

router = Router(tags=["posts"])
RevisionNumber = Annotated[int, Path(ge=1, le=MAX_NUMBER)]


@router.post(
    "/",
    response={201: PostDetail, **refusals(409, 422)},
    operation_id="create_post",
    summary="Create a post",
)
@idempotent
def create_post(request: HttpRequest, body: PostIn) -> HttpResponse:
    """Create a draft. With `piece` it begins with a campaign piece's text and picture; what else is sent goes before."""
    piece = (body.piece.campaign_id, body.piece.channel.value) if body.piece else None
    fields = fields_sent(body)
    post = services.create_post(author_id=actor_of(request).user_id, fields=fields, piece=piece)
    return answer(201, _show(request, post), location=f"{request.path.rstrip('/')}/{post.pk}/")


@router.get("/", response=Page[PostSummary], operation_id="list_posts", summary="List posts")
def list_posts(request: HttpRequest, query: Query[PostsQuery]) -> Page[PostSummary]:
    """List posts, the latest changed first."""
    rows = services.posts_shown(state=query.state, text=query.q).defer("body", "overrides")
    return page_of(request, rows, query, PostSummary.from_row)


@router.get("/{post_id}/", response=PostDetail, operation_id="show_post", summary="Show a post")
def show_post(request: HttpRequest, post_id: RowId) -> PostDetail:
    """Show a post as it stands now."""
    return _show(request, services.find_post(post_id=post_id))


@router.patch(
    "/{post_id}/",
    response={200: PostDetail, **refusals(409)},
    operation_id="update_post",
    summary="Change a post",
)
def update_post(request: HttpRequest, post_id: RowId, body: PostPatch) -> PostDetail:
    """Change some fields, as the next revision; the same content again makes none.

    409 `post_changed` when somebody was faster. What waits for its time goes out as the post then is; what is out stays
    as it is until the post is published again. An approved post goes back to review.
    """
    changes = fields_sent(body)
    if not changes:
        raise InvalidInput(details={"body": ["Nothing to change was sent. Send at least one field."]})
    user_id = actor_of(request).user_id
    post = services.save_post(post_id=post_id, base_revision=body.revision, changes=changes, author_id=user_id)
    return _show(request, post)


@router.delete(
    "/{post_id}/", response={204: None, **refusals(409)}, operation_id="delete_post", summary="Delete a post"
)
def delete_post(request: HttpRequest, post_id: RowId) -> HttpResponse:  # noqa: ARG001 (Ninja passes it)
    """Delete a post with its revisions and its history, for good; what is out stays out. 409 while it is on its way."""
    services.delete_post(post_id=post_id)
    return HttpResponse(status=204)


@router.post(
    "/{post_id}/state/",
    response={200: PostDetail, **refusals(409)},
    operation_id="move_post",
    summary="Move a post to another state",
)
def move_post(request: HttpRequest, post_id: RowId, body: StateIn) -> PostDetail:
    """Say that a post is a draft, wants a review, or is approved. 409 once it is out or waits for its time."""
    user_id = actor_of(request).user_id
    return _show(request, services.move_post(post_id=post_id, state=PostState(body.state), by=user_id))


@router.get(
    "/{post_id}/revisions/",
    response=Page[RevisionOut],
    operation_id="list_post_revisions",
    summary="List the revisions of a post",
)
def list_post_revisions(request: HttpRequest, post_id: RowId, query: Query[PageQuery]) -> Page[RevisionOut]:
    """List every content that a post had, the newest first."""
    return page_of(request, services.list_revisions(post_id=post_id), query, RevisionOut.from_row)


@router.post(
    "/{post_id}/revisions/{number}/restore/",
    response={200: PostDetail, **refusals(409)},
    operation_id="restore_post_revision",
    summary="Restore a revision of a post",
)
def restore_post_revision(
    request: HttpRequest, post_id: RowId, number: RevisionNumber, body: RestoreRevisionIn
) -> PostDetail:
    """Make an older content the newest revision. 409 `post_changed` when somebody was faster."""
    user_id = actor_of(request).user_id
    post = services.restore_revision(post_id=post_id, number=number, base_revision=body.revision, author_id=user_id)
    return _show(request, post)


@router.get("/{post_id}/preview/", response={200: PreviewOut}, operation_id="preview_post", summary="Preview a post")
def preview_post(request: HttpRequest, post_id: RowId, query: Query[PreviewQuery]) -> PreviewOut:  # noqa: ARG001 (Ninja passes it)
    """Show a post as an account would get it now: what it counts, what keeps it off. Nothing is sent."""
    account = services.find_account(account_id=query.account)
    rendering = services.preview(post=services.find_post(post_id=post_id), account=account)
    return PreviewOut.from_rendering(account, rendering)


@router.get(
    "/{post_id}/copy/{target}/", response=CopyOut, operation_id="copy_post", summary="Copy a post to paste it elsewhere"
)
def copy_post(request: HttpRequest, post_id: RowId, target: CopyTarget) -> CopyOut:  # noqa: ARG001 (Ninja passes it)
    """Write a post for Medium, Hashnode or X, which let no program publish for free, with its canonical link."""
    return CopyOut.from_text(services.copy_text(post=services.find_post(post_id=post_id), target=target))


def _show(request: HttpRequest, post: Post) -> PostDetail:
    edited_by = services.editor_of(post_id=post.pk, besides=actor_of(request).user_id)
    return PostDetail.from_rows(post, edited_by)
