"""One picture in the Studio: its tools, what was made of it, its versions, and what people do with it."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nightdesk.campaigns import services as campaigns
from nightdesk.core.errors import BusinessError, Misconfigured, NightdeskError, NotFound
from nightdesk.engine.feed import shared_tail
from nightdesk.httpkit.large_bodies import MAX_LARGE_BODY_BYTES, accepts_bytes
from nightdesk.images import services
from nightdesk.images.models import MAX_NAME_CHARS, MAX_PROMPT_CHARS, Asset
from nightdesk.operations.access import find_job
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.saying import say
from nightdesk.web.studio import form, lineage, ordering, runs
from nightdesk.web.studio.pieces import find_piece_choice, find_pieces, pieces_with
from nightdesk.web.studio.tools import TOOLS, Tool, count_unready, list_choices, styles_of
from nightdesk.web.views.studio import has_same_shape, is_shown

#: Pictures of the library that are offered as a face or an example.
MOST_OTHERS: Final = 12


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest, asset_id: str) -> HttpResponse:
    """Show a picture with one of its tools (`?tool=`), beside another one where the address says so (`?against=`)."""
    cursor = shared_tail().cursor()
    try:
        asset = services.find_asset(asset_id=asset_id)
    except BusinessError:
        if request.headers.get("HX-Request"):
            return HttpResponse(
                status=204, headers={"HX-Refresh": "true"}
            )  # deleted while it is looked at: the page says so
        raise
    if request.headers.get("HX-Request") and request.GET.get("part") == "versions":
        response = render(request, "web/studio/versions.html", {"tree": lineage.find_versions(asset)})
    elif request.headers.get("HX-Request"):
        response = _show_runs(request, asset)
    else:
        tool = TOOLS.get(request.GET.get("tool", ""))
        context = _describe(request, asset) | {"cursor": cursor}
        if tool is not None and context["can_be_changed"]:
            context |= _describe_tool(tool, asset, form.first_values(tool))
        response = render(request, "web/studio/picture.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@accepts_bytes(MAX_LARGE_BODY_BYTES)
@require_POST
@never_cache
@signed_in
def run(request: HttpRequest, asset_id: str, tool: str) -> HttpResponse:
    """Ask for an operation on this picture; what was wrong stays beside its field, and what was painted stays painted."""
    asset = services.find_ready_asset(asset_id=asset_id)
    if tool not in TOOLS:
        raise NotFound
    try:
        job_ids = ordering.place_orders(
            TOOLS[tool], request.POST, request.FILES, asset=asset, owner_id=actor_on(request).user_id
        )
    except (BusinessError, Misconfigured) as refusal:
        return _show_refusal(request, asset, TOOLS[tool], refusal)
    if request.headers.get("HX-Request"):
        return say(request, _show_runs(request, asset), _accepted(len(job_ids)))
    return say(request, redirect(_address(asset, tool)), _accepted(len(job_ids)))


@require_POST
@signed_in
def repeat(request: HttpRequest, asset_id: str, job_id: UUID) -> HttpResponse:
    """Ask for the same once more, with another seed."""
    asset = services.find_asset(asset_id=asset_id)
    job = find_job(actor_on(request), str(job_id))
    ordering.repeat(job, owner_id=actor_on(request).user_id)
    return _after(request, asset, _accepted(1))


@require_POST
@signed_in
def keep(request: HttpRequest, asset_id: str) -> HttpResponse:
    """Keep a result for good."""
    services.keep_asset(asset_id=asset_id)
    return _after(request, _page_of(request, asset_id), _("Kept. It stays in the library."))


@require_POST
@signed_in
def rename(request: HttpRequest, asset_id: str) -> HttpResponse:
    """Give a picture a name."""
    services.rename_asset(asset_id=asset_id, name=request.POST.get("name", "").strip())
    return say(request, redirect("web:studio_picture", asset_id), _("Renamed."))


@require_POST
@signed_in
def delete(request: HttpRequest, asset_id: str) -> HttpResponse:
    """Delete a picture for good."""
    page = _page_of(request, asset_id)
    services.delete_asset(asset_id=asset_id)
    said = _("The picture is deleted.")
    if page.pk == asset_id:
        return say(request, redirect("web:studio"), said)
    return _after(request, page, said)


@require_POST
@signed_in
def use(request: HttpRequest, asset_id: str) -> HttpResponse:
    """Let the picture go with a piece of a campaign."""
    piece = find_piece_choice(request.POST.get("piece", ""))
    campaigns.set_picture(campaign_id=piece.campaign_id, channel=piece.channel, asset_id=asset_id)
    return say(request, redirect(piece.url), _("The picture goes with this piece now. It is kept."))


def _page_of(request: HttpRequest, asset_id: str) -> Asset:
    """Find the picture on whose page something was done to this one: itself, unless the form says otherwise."""
    return services.find_asset(asset_id=request.POST.get("page", "") or asset_id)


def _after(request: HttpRequest, asset: Asset, said: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return say(request, _show_runs(request, asset), said)
    return say(request, redirect("web:studio_picture", asset.pk), said)


def _show_runs(request: HttpRequest, asset: Asset) -> HttpResponse:
    context = {"asset": asset, "runs": runs.find_runs_about(asset, actor_on(request))}
    return render(request, "web/studio/runs.html", context)


def _show_refusal(request: HttpRequest, asset: Asset, tool: Tool, refusal: NightdeskError) -> HttpResponse:
    """Show the form again, with what was typed; a part of a page takes the place of the form alone."""
    part = bool(request.headers.get("HX-Request"))
    context = {} if part else _describe(request, asset) | {"cursor": shared_tail().cursor()}
    context |= {"asset": asset, **_describe_tool(tool, asset, form.sent_values(request.POST))}
    context |= form.describe_refusal(tool, refusal)
    template = "web/studio/tool.html" if part else "web/studio/picture.html"
    response = render(request, template, context, status=400)
    if part:
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#tool", "outerHTML"
    return response


def _describe(request: HttpRequest, asset: Asset) -> dict[str, Any]:
    shown = is_shown(asset)
    before = lineage.find_before(asset) if shown else None
    against = Asset.objects.filter(pk=request.GET.get("against", "")).first()
    is_against = against is not None and is_shown(against) and against.pk != asset.pk
    first, second = (asset, against) if is_against else (before, asset)
    return {
        "asset": asset,
        "can_be_changed": shown,
        "first": first if first and second and has_same_shape(first, second) else None,
        "second": second,
        "is_against": is_against,
        "job": runs.find_job_of(asset, actor_on(request)),
        "tools": TOOLS.values(),
        "runs": runs.find_runs_about(asset, actor_on(request)),
        "tree": lineage.find_versions(asset) if shown else None,
        "helpers": lineage.find_helpers(asset),
        "used_in": pieces_with(asset.pk),
        "pieces": find_pieces(),
        "max_name": MAX_NAME_CHARS,
        "section": "studio",
    }


def _describe_tool(tool: Tool, asset: Asset, values: dict[str, Any]) -> dict[str, Any]:
    choices = list_choices(tool.operation, pixels=asset.width * asset.height)
    others = services.assets_shown().exclude(pk=asset.pk)[:MOST_OTHERS] if tool.other else []
    return {
        "tool": tool,
        "choices": choices,
        "styles": styles_of(choices),
        "unready": count_unready(choices),
        "is_any_ready": any(choice.is_ready for choice in choices),
        "values": values,
        "complaints": {},
        "others": others,
        "formats": form.FORMATS,
        "copies": range(1, form.MOST_COPIES + 1),
        "max_prompt": MAX_PROMPT_CHARS,
        "is_allowed": tool.operation != "face_swap" or services.face_swap_allowed(),
        "consent": services.CONSENT_STATEMENT,
    }


def _address(asset: Asset, tool: str) -> str:
    return f"{reverse('web:studio_picture', args=[asset.pk])}?tool={tool}#runs"


def _accepted(count: int) -> str:
    said = ngettext("Asked for. It runs below.", "Asked for %(count)d times. They run below.", count)
    return said % {"count": count}
