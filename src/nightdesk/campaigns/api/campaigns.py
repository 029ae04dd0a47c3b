"""Campaigns over HTTP. All members see and edit all campaigns."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from nightdesk.campaigns import services
from nightdesk.campaigns.models import Campaign
from nightdesk.campaigns.schemas.campaigns import (
    CampaignDetail,
    CampaignIn,
    CampaignPatch,
    CampaignsQuery,
    CampaignSummary,
)
from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.idempotency import idempotent
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, page_of
from nightdesk.httpkit.schemas import RowId
from nightdesk.httpkit.submits import Accepted, accepted, submits

router = Router(tags=["campaigns"])


@router.post(
    "/",
    response={201: CampaignDetail, **refusals(409, 422)},
    operation_id="create_campaign",
    summary="Create a campaign",
)
@idempotent
def create_campaign(request: HttpRequest, body: CampaignIn) -> HttpResponse:
    """Create a campaign and answer at once; its content is written in the background by the job `task_id`."""
    campaign = services.create_campaign(**body.model_dump(), created_by_id=actor_of(request).user_id)
    shown = CampaignDetail.from_rows(campaign, [], services.CampaignCost())
    return answer(201, shown, location=f"{request.path.rstrip('/')}/{campaign.pk}/")


@router.get("/", response=Page[CampaignSummary], operation_id="list_campaigns", summary="List campaigns")
def list_campaigns(request: HttpRequest, query: Query[CampaignsQuery]) -> Page[CampaignSummary]:
    """List campaigns, newest first."""
    rows = Campaign.objects.defer("brief", "brand_warnings").order_by("-id")
    if query.status:
        rows = rows.filter(ai_processing_status=query.status)
    if query.q.strip():
        rows = rows.filter(name__icontains=query.q.strip())
    if query.created_by:
        rows = rows.filter(created_by_id=query.created_by)
    return page_of(request, rows, query, CampaignSummary.from_row)


@router.get("/{campaign_id}/", response=CampaignDetail, operation_id="show_campaign", summary="Show a campaign")
def show_campaign(request: HttpRequest, campaign_id: RowId) -> CampaignDetail:  # noqa: ARG001 (Ninja passes it)
    """Show a campaign with the pieces written so far."""
    return _show(services.find_campaign(campaign_id=campaign_id))


@router.patch(
    "/{campaign_id}/",
    response={200: CampaignDetail, **refusals(409)},
    operation_id="update_campaign",
    summary="Change a campaign",
)
def update_campaign(request: HttpRequest, campaign_id: RowId, body: CampaignPatch) -> CampaignDetail:  # noqa: ARG001 (Ninja passes it)
    """Change some fields. The pieces stay until the campaign is regenerated; 409 while they are being written."""
    if not body.model_fields_set:
        raise InvalidInput(details={"body": ["Nothing to change was sent. Send at least one field."]})
    changes = body.model_dump(include=body.model_fields_set)
    return _show(services.update_campaign(campaign_id=campaign_id, **changes))


@router.delete("/{campaign_id}/", response={204: None}, operation_id="delete_campaign", summary="Delete a campaign")
def delete_campaign(request: HttpRequest, campaign_id: RowId) -> HttpResponse:  # noqa: ARG001 (Ninja passes it)
    """Delete a campaign with its pieces, for good; jobs that still write it are cancelled."""
    services.delete_campaign(campaign_id=campaign_id)
    return HttpResponse(status=204)


@router.post(
    "/{campaign_id}/regenerate/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="regenerate_campaign",
    summary="Write a campaign again",
)
@submits
def regenerate_campaign(request: HttpRequest, campaign_id: RowId) -> HttpResponse:
    """Write all pieces that are not locked again, from the campaign as it stands now; 409 while it is being written."""
    task_id = services.regenerate_campaign(campaign_id=campaign_id, owner_id=actor_of(request).user_id)
    return accepted(task_id, "campaigns.write_campaign task submitted successfully")


def _show(campaign: Campaign) -> CampaignDetail:
    cost = services.costs_of(campaign_ids=[campaign.pk])[campaign.pk]
    return CampaignDetail.from_rows(campaign, campaign.pieces.all(), cost)
