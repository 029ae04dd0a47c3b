"""Brand kits: the list, one with its history, and the form for it."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nightdesk.campaigns import models, services
from nightdesk.campaigns.errors import BrandKitChanged, BrandKitNameTaken
from nightdesk.core.errors import InvalidInput
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.brand_form import fields_of, form_values, read_brand_form
from nightdesk.web.saying import say

LONGEST: Final = {
    "name": models.MAX_KIT_NAME_CHARS,
    "voice": models.MAX_VOICE_CHARS,
    "audience": models.MAX_KIT_AUDIENCE_CHARS,
    "words": models.MAX_WORDS * (models.MAX_WORD_CHARS + 2),
    "colour_name": models.MAX_COLOUR_NAME_CHARS,
}


@require_safe
@never_cache
@signed_in
def show_list(request: HttpRequest) -> HttpResponse:
    """List the brand kits in use, and those that are archived after them."""
    kits = list(services.newest_versions().order_by("kit__name"))
    context = {
        "kits": [kit for kit in kits if not kit.kit.is_archived],
        "archived": [kit for kit in kits if kit.kit.is_archived],
        "section": "brand_kits",
    }
    return render(request, "web/brand_kits/list.html", context)


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest, kit_id: int) -> HttpResponse:
    """Show what a kit says now, or said in an older version."""
    newest = services.find_brand_version(kit_id=kit_id)
    versions = list(newest.kit.versions.select_related("created_by").order_by("-number"))
    wanted = request.GET.get("version", "")
    context = {
        "kit": newest.kit,
        "shown": next((one for one in versions if str(one.number) == wanted), newest),
        "versions": versions,
        "section": "brand_kits",
    }
    return render(request, "web/brand_kits/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def create(request: HttpRequest) -> HttpResponse:
    """Ask for a brand kit and create it."""
    if request.method != "POST":
        return _show_form(request, {})
    fields = read_brand_form(request.POST)
    try:
        kit = services.create_brand_kit(**fields, created_by_id=actor_on(request).user_id)
    except (InvalidInput, BrandKitNameTaken) as refusal:
        return _show_form(request, fields, complaints=refusal.details, status=refusal.status)
    return say(request, redirect("web:brand_kit", kit.pk), _("The brand kit is made."))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def edit(request: HttpRequest, kit_id: int) -> HttpResponse:
    """Change a brand kit; whoever comes second sees what the other one wrote, and keeps what they typed."""
    newest = services.find_brand_version(kit_id=kit_id)
    if request.method != "POST":
        return _show_form(request, fields_of(newest), kit=newest.kit, version=newest.number)
    fields, version = read_brand_form(request.POST), _read_version(request)
    try:
        services.update_brand_kit(kit_id=kit_id, base_version=version, user_id=actor_on(request).user_id, **fields)
    except (InvalidInput, BrandKitNameTaken) as refusal:
        more = {"kit": newest.kit, "version": version, "complaints": refusal.details}
        return _show_form(request, fields, status=refusal.status, **more)
    except BrandKitChanged:
        theirs = services.find_brand_version(kit_id=kit_id)
        return _show_form(request, fields, kit=theirs.kit, version=theirs.number, theirs=theirs, status=409)
    return say(request, redirect("web:brand_kit", kit_id), _("Saved."))


@require_POST
@signed_in
def archive(request: HttpRequest, kit_id: int) -> HttpResponse:
    """Take a kit out of use."""
    services.archive_brand_kit(kit_id=kit_id)
    return say(
        request, redirect("web:brand_kit", kit_id), _("The brand kit is archived. Campaigns that used it keep it.")
    )


@require_POST
@signed_in
def restore(request: HttpRequest, kit_id: int) -> HttpResponse:
    """Bring an archived kit back."""
    services.restore_brand_kit(kit_id=kit_id)
    return say(request, redirect("web:brand_kit", kit_id), _("The brand kit is in use again."))


def _read_version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidInput(_("This form is incomplete. Load the page again and repeat it."))
    return int(text)


def _show_form(request: HttpRequest, fields: dict[str, Any], *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "values": form_values(fields),
        "complaints": {},
        "longest": LONGEST,
        "section": "brand_kits",
        **more,
    }
    return render(request, "web/brand_kits/form.html", context, status=status)
