"""Campaigns: the list, a new one, and one whose content arrives while it is looked at."""

from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nightdesk.campaigns import models, services
from nightdesk.campaigns.errors import CampaignBusy
from nightdesk.campaigns.models import MAX_WISH_CHARS, BrandKit, Campaign
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.feed import shared_tail
from nightdesk.engine.models import Job
from nightdesk.engine.queries import visible_jobs
from nightdesk.providers.text.channels import CHANNELS
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.campaign_filter import CampaignFilter
from nightdesk.web.pieces import show_pieces
from nightdesk.web.samples import sample_brief
from nightdesk.web.saying import say
from nightdesk.web.views.pieces import jobs_of

PAGE_SIZE: Final = 25
TEXT_FIELDS: Final = ("name", "brief", "product", "audience", "tone", "language")
LONGEST: Final = {
    "name": models.MAX_NAME_CHARS,
    "brief": models.MAX_BRIEF_CHARS,
    "product": models.MAX_PRODUCT_CHARS,
    "audience": models.MAX_AUDIENCE_CHARS,
    "tone": models.MAX_TONE_CHARS,
    "language": models.MAX_LANGUAGE_CHARS,
}


@require_safe
@never_cache
@signed_in
def show_list(request: HttpRequest) -> HttpResponse:
    """List the campaigns that match the address, newest first, each with where its writing stands."""
    cursor = shared_tail().cursor()
    asked = CampaignFilter.read(request.GET)
    campaigns = asked.apply(Campaign.objects.defer("brief").order_by("-id"))
    page = Paginator(campaigns, PAGE_SIZE).get_page(request.GET.get("page"))
    actor = actor_on(request)
    job_ids = [campaign.task_id for campaign in page if campaign.task_id]
    jobs = visible_jobs(user_id=actor.user_id, operator=actor.operator).in_bulk(job_ids)
    rows = [(campaign, jobs.get(campaign.task_id) if campaign.task_id else None) for campaign in page]
    context = {"page": page, "rows": rows, "asked": asked, "cursor": cursor, "section": "campaigns"}
    return _whole_or_part(request, "web/campaigns/list.html", "web/campaigns/rows.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def create(request: HttpRequest) -> HttpResponse:
    """Ask for a brief and create a campaign out of it; what was wrong stays beside its field."""
    if request.method != "POST":
        return _show_form(request, sample_brief() if "sample" in request.GET else {"channels": list(CHANNELS)})
    values = _read_form(request)
    try:
        campaign = services.create_campaign(**_asked(values), created_by_id=actor_on(request).user_id)
    except InvalidInput as refusal:
        return _show_form(request, values, refusal.details)
    return redirect("web:campaign", campaign.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def edit(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Change what a campaign is written from; its texts stay until it is regenerated."""
    campaign = services.find_campaign(campaign_id=campaign_id)
    if request.method != "POST":
        values = {name: getattr(campaign, name) for name in (*TEXT_FIELDS, "channels", "brand_kit_id")}
        return _show_form(request, values, campaign=campaign)
    values = _read_form(request)
    asked = _asked(values)
    asked["language"] = asked["language"] or campaign.language
    try:
        services.update_campaign(campaign_id=campaign_id, **asked)
    except InvalidInput as refusal:
        return _show_form(request, values, refusal.details, campaign=campaign)
    except CampaignBusy as refusal:
        return _show_form(request, values, campaign=campaign, refusal=refusal.public_message, status=refusal.status)
    said = _("Saved. The texts stay as they are until you regenerate them.")
    return say(request, redirect("web:campaign", campaign_id), said)


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Show a campaign: its brief, where its writing stands, what it cost, and the pieces as they arrive."""
    cursor = shared_tail().cursor()
    campaign = services.find_campaign(campaign_id=campaign_id)
    prefetch_related_objects([campaign], "pieces")
    context = {
        "campaign": campaign,
        "job": _find_job(request, campaign),
        "pieces": show_pieces(campaign, jobs_of(request, list(campaign.pieces.all()))),
        "channels": [CHANNELS[channel].title for channel in CHANNELS if channel in campaign.channels],
        "cost": services.costs_of(campaign_ids=[campaign_id])[campaign_id],
        "max_wish": MAX_WISH_CHARS,
        "cursor": cursor,
        "section": "campaigns",
    }
    return _whole_or_part(request, "web/campaigns/detail.html", "web/campaigns/content.html", context)


@require_POST
@signed_in
def regenerate(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Ask for the whole content once more."""
    services.regenerate_campaign(campaign_id=campaign_id, owner_id=actor_on(request).user_id)
    return redirect("web:campaign", campaign_id)


@require_POST
@signed_in
def delete(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Delete a campaign with its pieces, for good."""
    services.delete_campaign(campaign_id=campaign_id)
    return say(request, redirect("web:campaigns"), _("The campaign is deleted."))


def _whole_or_part(request: HttpRequest, whole: str, part: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, part if request.headers.get("HX-Request") else whole, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _find_job(request: HttpRequest, campaign: Campaign) -> Job | None:
    if campaign.task_id is None:
        return None
    actor = actor_on(request)
    return visible_jobs(user_id=actor.user_id, operator=actor.operator).filter(id=campaign.task_id).first()


def _read_form(request: HttpRequest) -> dict[str, Any]:
    values: dict[str, Any] = {name: request.POST.get(name, "").replace("\r\n", "\n") for name in TEXT_FIELDS}
    kit = request.POST.get("brand_kit_id", "")
    values["brand_kit_id"] = int(kit) if kit.isascii() and kit.isdecimal() and len(kit) < 18 else None
    return {**values, "channels": request.POST.getlist("channels")}


def _asked(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "language": values["language"] or None}


def _show_form(
    request: HttpRequest,
    values: dict[str, Any],
    complaints: dict[str, list[str]] | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        "values": values,
        "complaints": complaints or {},
        "longest": LONGEST,
        "channels": list(CHANNELS.values()),
        "kits": BrandKit.objects.filter(Q(archived_at=None) | Q(pk=values.get("brand_kit_id"))).order_by("name"),
        "section": "campaigns",
        **more,
    }
    return render(request, "web/campaigns/form.html", context, status=400 if complaints else status)
