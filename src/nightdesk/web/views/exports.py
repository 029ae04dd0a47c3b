"""Exports: one's own, a new one with a count that follows what is typed, and its file."""

from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nightdesk.core.errors import InvalidInput, NightdeskError
from nightdesk.engine.feed import shared_tail
from nightdesk.exports import services
from nightdesk.exports.models import Export
from nightdesk.exports.services import ModelInfo
from nightdesk.httpkit.actors import Actor
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.exports.conditions import list_conditions
from nightdesk.web.exports.form import ExportForm
from nightdesk.web.exports.formats import list_formats
from nightdesk.web.exports.shown import describe_export, describe_exports
from nightdesk.web.exports.tally import Tally, count_rows
from nightdesk.web.parts import render_part
from nightdesk.web.saying import say

PAGE_SIZE: Final = 25


@require_safe
@never_cache
@signed_in
def show_list(request: HttpRequest) -> HttpResponse:
    """List one's own exports, the newest first, each with where it stands."""
    cursor = shared_tail().cursor()
    actor = actor_on(request)
    page = Paginator(services.exports_shown(user_id=actor.user_id, is_operator=actor.operator), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "rows": describe_exports(page, actor), "cursor": cursor, "section": "exports"}
    return render_part(request, part="web/exports/rows.html", whole="web/exports/list.html", context=context)


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest, export_id: int) -> HttpResponse:
    """Show one export: where it stands, its file, and what was asked for."""
    cursor = shared_tail().cursor()
    actor = actor_on(request)
    export = _find(export_id, actor)
    model = _find_model(export.model_name)
    context = {
        "shown": describe_export(export, actor),
        "form": ExportForm.repeat(export, model) if model else None,
        "cursor": cursor,
        "section": "exports",
    }
    return render_part(request, part="web/exports/body.html", whole="web/exports/export.html", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def create(request: HttpRequest) -> HttpResponse:
    """Ask which rows and fields are wanted and as what, and set the export in motion.

    `?model=` picks what the rows are, `?from=` begins with what an earlier export had.
    """
    actor = actor_on(request)
    if request.method != "POST":
        return _show_form(request, _begin(request, actor))
    form = ExportForm.read(request.POST, _require_model(request.POST))
    try:
        export = _order(form, actor)
    except NightdeskError as refusal:
        return _show_form(request, form, refusal=refusal)
    return redirect("web:export", export.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def count(request: HttpRequest) -> HttpResponse:
    """Count the rows that the form as it stands asks for: as a part of it, or, for a form that was sent, as the page."""
    actor = actor_on(request)
    sent = request.POST if request.method == "POST" else request.GET
    form = ExportForm.read(sent, _require_model(sent))
    tally = count_rows(form, actor)
    if request.method == "POST":
        return _show_form(request, form, tally=tally)
    return render(request, "web/exports/tally.html", {"tally": tally})


@require_POST
@signed_in
def repeat(request: HttpRequest, export_id: int) -> HttpResponse:
    """Ask for the same rows and fields again, as they are now."""
    actor = actor_on(request)
    export = _find(export_id, actor)
    again = services.order_export(
        model_name=export.model_name,
        filters=export.filters,
        fields=export.fields,
        format=export.format,
        is_raw=export.is_raw,
        has_bom=export.has_bom,
        user_id=actor.user_id,
        is_operator=actor.operator,
    )
    return redirect("web:export", again.pk)


@require_POST
@signed_in
def delete(request: HttpRequest, export_id: int) -> HttpResponse:
    """Delete an export with its file."""
    actor = actor_on(request)
    services.delete_export(export_id=export_id, user_id=actor.user_id, is_operator=actor.operator)
    return say(request, redirect("web:exports"), _("The export and its file are gone."))


@require_safe
@never_cache
@signed_in
def download(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """Send the file of an export, or the part of it that is asked for."""
    actor = actor_on(request)
    return services.download(file=services.file_of(export=_find(export_id, actor)), request=request)


def _find(export_id: int, actor: Actor) -> Export:
    return services.find_export(export_id=export_id, user_id=actor.user_id, is_operator=actor.operator)


def _begin(request: HttpRequest, actor: Actor) -> ExportForm:
    number = request.GET.get("from", "")
    if number.isascii() and number.isdecimal() and len(number) < 18:
        export = _find(int(number), actor)
        model = _find_model(export.model_name)
        if model is not None:
            return ExportForm.repeat(export, model)
    return ExportForm.begin(_find_model(request.GET.get("model", "")) or services.offered()[0])


def _find_model(name: str) -> ModelInfo | None:
    return next((model for model in services.offered() if model.name == name), None)


def _require_model(sent: QueryDict) -> ModelInfo:
    model = _find_model(sent.get("model", ""))
    if model is None:
        raise InvalidInput(_("This form is incomplete. Load the page again and repeat it."))
    return model


def _order(form: ExportForm, actor: Actor) -> Export:
    if not form.taken:
        raise InvalidInput(details={"fields": [_("Tick at least one field.")]})
    return services.order_export(
        **form.order(),
        is_raw=form.is_raw,
        has_bom=form.has_bom,
        user_id=actor.user_id,
        is_operator=actor.operator,
    )


def _show_form(
    request: HttpRequest, form: ExportForm, *, tally: Tally | None = None, refusal: NightdeskError | None = None
) -> HttpResponse:
    complaints = refusal.details if refusal else {}
    conditions = list_conditions(form.model, form.typed, complaints)
    beside = {"fields", "format", *(f"filters.{one.info.name}" for one in conditions)}
    context: dict[str, Any] = {
        "form": form,
        "models": services.offered(),
        "conditions": [one for one in conditions if one.is_first],
        "more": [one for one in conditions if not one.is_first],
        "formats": list_formats(),
        "tally": tally,
        "complaints": complaints,
        "others": [one for name, said in complaints.items() if name not in beside for one in said],
        "refusal": refusal.public_message if refusal and not complaints else "",
        "section": "exports",
    }
    return render(request, "web/exports/form.html", context, status=refusal.status if refusal else 200)
