"""Who am I, and my tokens."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from nightdesk.accounts import services
from nightdesk.accounts.models import ApiToken, User
from nightdesk.accounts.schemas import Me, NewTokenOut, TokenIn, TokenOut
from nightdesk.core.errors import Unauthenticated
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, PageQuery, page_of
from nightdesk.httpkit.schemas import RowId

router = Router(tags=["account"])


@router.get("/me/", response=Me, operation_id="show_me", summary="Who am I")
def show_me(request: HttpRequest) -> Me:
    """Show the user that the token or session belongs to."""
    user = User.objects.filter(id=actor_of(request).user_id).first()
    if user is None:
        raise Unauthenticated
    return Me.from_row(user)


@router.get("/tokens/", response=Page[TokenOut], operation_id="list_tokens", summary="My tokens")
def list_tokens(request: HttpRequest, query: Query[PageQuery]) -> Page[TokenOut]:
    """List my tokens, newest first, revoked ones too. Secrets are never shown again."""
    mine = ApiToken.objects.filter(user_id=actor_of(request).user_id).order_by("-id")
    return page_of(request, mine, query, TokenOut.from_row)


@router.post(
    "/tokens/", response={201: NewTokenOut, **refusals(409)}, operation_id="create_token", summary="Make a token"
)
def create_token(request: HttpRequest, body: TokenIn) -> HttpResponse:
    """Make a token. Its secret is in this answer and nowhere else, so this takes no Idempotency-Key."""
    token, secret = services.create_token(user_id=actor_of(request).user_id, name=body.name, expires_at=body.expires_at)
    shown = NewTokenOut(**TokenOut.from_row(token).model_dump(), token=secret)
    return answer(201, shown, headers={"Cache-Control": "no-store"})


@router.delete("/tokens/{token_id}/", response={204: None}, operation_id="revoke_token", summary="Revoke a token")
def revoke_token(request: HttpRequest, token_id: RowId) -> HttpResponse:
    """Make one of my tokens worthless, at once and for good."""
    services.revoke_token(user_id=actor_of(request).user_id, token_id=token_id)
    return HttpResponse(status=204)
