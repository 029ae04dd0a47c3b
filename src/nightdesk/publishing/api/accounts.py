"""Platforms, and accounts on them, over HTTP. All members see and use all accounts; nobody reads their credentials."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, page_of
from nightdesk.httpkit.schemas import RowId
from nightdesk.httpkit.submits import Accepted, accepted, submits
from nightdesk.publishing import services
from nightdesk.publishing.schemas.accounts import (
    AccountIn,
    AccountMade,
    AccountOut,
    AccountPatch,
    AccountsQuery,
    PlatformOut,
    PlatformsOut,
)

platforms_router = Router(tags=["platforms"])
accounts_router = Router(tags=["platforms"])


@platforms_router.get("/", response=PlatformsOut, operation_id="list_platforms", summary="List platforms")
def list_platforms(request: HttpRequest) -> PlatformsOut:  # noqa: ARG001 (Ninja passes it)
    """List every platform: what opens an account there, its options, what it can do and how surely."""
    return PlatformsOut(platforms=[PlatformOut.from_info(info) for info in services.list_platforms()])


@accounts_router.post("/", response={201: AccountMade}, operation_id="connect_account", summary="Connect an account")
def connect_account(request: HttpRequest, body: AccountIn) -> HttpResponse:
    """Keep an account's credentials, encrypted, and check them as the job `check_task_id`.

    Takes no `Idempotency-Key`: its answer would be kept, and may hold a secret that is shown only once.
    """
    made = services.make_credentials(platform=body.platform, credentials=body.credentials)
    account = services.connect_account(
        platform=body.platform,
        name=body.name,
        credentials={**body.credentials, **made},
        options=body.options,
        user_id=actor_of(request).user_id,
    )
    location = f"{request.path.rstrip('/')}/{account.pk}/"
    return answer(201, AccountMade.from_made(account, made), location=location)


@accounts_router.get("/", response=Page[AccountOut], operation_id="list_accounts", summary="List accounts")
def list_accounts(request: HttpRequest, query: Query[AccountsQuery]) -> Page[AccountOut]:
    """List the accounts that posts can go to, by platform and name; the journal is always among them."""
    rows = services.accounts_shown()
    if query.platform:
        rows = rows.filter(platform=query.platform)
    if query.health:
        rows = rows.filter(health=query.health)
    return page_of(request, rows, query, AccountOut.from_row)


@accounts_router.get("/{account_id}/", response=AccountOut, operation_id="show_account", summary="Show an account")
def show_account(request: HttpRequest, account_id: RowId) -> AccountOut:  # noqa: ARG001 (Ninja passes it)
    """Show an account and how it stands; 404 once it is disconnected."""
    return AccountOut.from_row(services.find_account(account_id=account_id))


@accounts_router.patch(
    "/{account_id}/",
    response={200: AccountOut, **refusals(409)},
    operation_id="change_account",
    summary="Change an account",
)
def change_account(request: HttpRequest, account_id: RowId, body: AccountPatch) -> AccountOut:
    """Give an account another name, other options, or new credentials, which are checked like those of a new one."""
    sent = body.model_fields_set
    if not sent:
        raise InvalidInput(details={"body": ["Nothing to change was sent. Send at least one field."]})
    account = services.find_account(account_id=account_id)
    if "credentials" in sent:
        account = services.reconnect_account(
            account_id=account_id, credentials=body.credentials, user_id=actor_of(request).user_id
        )
    if sent - {"credentials"}:
        changes = body.model_dump(include=sent - {"credentials"})
        account = services.change_account(account_id=account_id, **changes)
    return AccountOut.from_row(account)


@accounts_router.delete(
    "/{account_id}/",
    response={204: None, **refusals(409)},
    operation_id="disconnect_account",
    summary="Disconnect an account",
)
def disconnect_account(request: HttpRequest, account_id: RowId) -> HttpResponse:  # noqa: ARG001 (Ninja passes it)
    """Forget an account's credentials, for good. What was published there stays, and so does the history. 409: the journal."""
    services.disconnect_account(account_id=account_id)
    return HttpResponse(status=204)


@accounts_router.post(
    "/{account_id}/check/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="check_account",
    summary="Check an account",
)
@submits
def check_account(request: HttpRequest, account_id: RowId) -> HttpResponse:
    """Ask the platform how the account stands, as a job; `health` of the account says what came of it."""
    account = services.find_account(account_id=account_id)
    task_id = services.ask_for_check(account=account, user_id=actor_of(request).user_id)
    return accepted(task_id, "publishing.check_account task submitted successfully")
