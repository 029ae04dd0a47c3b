"""What every `api.py` shares. Knows no app: only core and the engine.

How to write an app's `api.py`:

    from typing import Annotated

    from ninja import Query, Router
    from nightdesk.httpkit.actors import actor_of
    from nightdesk.httpkit.answers import answer
    from nightdesk.httpkit.idempotency import idempotent
    from nightdesk.httpkit.openapi import refusals
    from nightdesk.httpkit.paging import Page, PageQuery, page_of
    from nightdesk.httpkit.schemas import In, Out, RowId, text

    router = Router(tags=["campaigns"])

    class CampaignIn(In):                       # unknown fields are refused, NUL never arrives
        name: Annotated[str, text(120)]         # trimmed, 1 to 120 characters
        brief: Annotated[str, text(20_000)]

    class CampaignOut(Out): ...

    @router.get("/", response=Page[CampaignOut])
    def list_campaigns(request: HttpRequest, query: Query[PageQuery]) -> Page[CampaignOut]:
        return page_of(request, Campaign.objects.order_by("-id"), query, CampaignOut.from_row)

    @router.post("/", response={201: CampaignOut, **refusals(409, 422)})
    @idempotent                                 # takes Idempotency-Key; the view must return `answer(...)`
    def create_campaign(request: HttpRequest, body: CampaignIn) -> HttpResponse:
        campaign = services.create_campaign(owner_id=actor_of(request).user_id, **body.model_dump())
        return answer(201, CampaignOut.from_row(campaign), location=f"/api/campaigns/{campaign.id}/")

    @router.get("/{campaign_id}/", response=CampaignOut)
    def show_campaign(request: HttpRequest, campaign_id: RowId) -> CampaignOut: ...

- Authentication is set for the whole API by `config.api`; `actor_of(request)` is who asks, `operator_of(request)` the same
  or 403. `auth=None` on an operation makes it public.
- Errors: raise those of `core.errors` (`NotFound`, `Conflict`, `InvalidInput(details={"channels": ["..."]})`). They become
  `application/problem+json`; never build an error body by hand. 400, 401, 403, 404, 413, 415 and 429 are documented by
  themselves; name others (`409`, `410`, `422`) with `refusals(...)`.
- Mount paths with a trailing slash; each path answers with and without it.
- `Prefer: wait=30`: `waiting.seconds_asked(request)`, then `waiting.wait_for_job(...)` outside any transaction, then
  `waiting.confirm(response, seconds)`.
"""
