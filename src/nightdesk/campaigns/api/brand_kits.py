"""Brand kits over HTTP."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from nightdesk.campaigns import services
from nightdesk.campaigns.models import BrandKit
from nightdesk.campaigns.schemas.brand_kits import (
    BrandKitIn,
    BrandKitOut,
    BrandKitPatch,
    BrandKitsQuery,
    BrandKitVersionOut,
)
from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.idempotency import idempotent
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, PageQuery, page_of
from nightdesk.httpkit.schemas import RowId

router = Router(tags=["brand kits"])


@router.get("/", response=Page[BrandKitOut], operation_id="list_brand_kits", summary="List brand kits")
def list_brand_kits(request: HttpRequest, query: Query[BrandKitsQuery]) -> Page[BrandKitOut]:
    """List the brand kits in use, or the archived ones, by name."""
    rows = services.newest_versions().filter(kit__archived_at__isnull=not query.archived)
    if query.q.strip():
        rows = rows.filter(kit__name__icontains=query.q.strip())
    return page_of(request, rows.order_by("kit__name", "kit_id"), query, BrandKitOut.from_row)


@router.post(
    "/",
    response={201: BrandKitOut, **refusals(409, 422)},
    operation_id="create_brand_kit",
    summary="Create a brand kit",
)
@idempotent
def create_brand_kit(request: HttpRequest, body: BrandKitIn) -> HttpResponse:
    """Create a brand kit; 409 when one in use has this name, in whatever case."""
    kit = services.create_brand_kit(**body.model_dump(), created_by_id=actor_of(request).user_id)
    return answer(201, _show(kit), location=f"{request.path.rstrip('/')}/{kit.pk}/")


@router.get("/{kit_id}/", response=BrandKitOut, operation_id="show_brand_kit", summary="Show a brand kit")
def show_brand_kit(request: HttpRequest, kit_id: RowId) -> BrandKitOut:  # noqa: ARG001 (Ninja passes it)
    """Show a brand kit as it stands now, archived or not."""
    return BrandKitOut.from_row(services.find_brand_version(kit_id=kit_id))


@router.patch(
    "/{kit_id}/",
    response={200: BrandKitOut, **refusals(409)},
    operation_id="update_brand_kit",
    summary="Change a brand kit",
)
def update_brand_kit(request: HttpRequest, kit_id: RowId, body: BrandKitPatch) -> BrandKitOut:
    """Change a brand kit, as its next version; what was written with an older one keeps it.

    409 `brand_kit_changed` when somebody was faster; 409 when it is archived or the name is taken.
    """
    sent = body.model_fields_set - {"version"}
    if not sent:
        raise InvalidInput(details={"body": ["Nothing to change was sent. Send at least one field."]})
    changes = body.model_dump(include=sent)
    user_id = actor_of(request).user_id
    return _show(services.update_brand_kit(kit_id=kit_id, base_version=body.version, user_id=user_id, **changes))


@router.delete("/{kit_id}/", response={204: None}, operation_id="archive_brand_kit", summary="Archive a brand kit")
def archive_brand_kit(request: HttpRequest, kit_id: RowId) -> HttpResponse:  # noqa: ARG001 (Ninja passes it)
    """Take a brand kit out of use. Nothing is lost: campaigns keep it, and it can be restored."""
    services.archive_brand_kit(kit_id=kit_id)
    return HttpResponse(status=204)


@router.post(
    "/{kit_id}/restore/",
    response={200: BrandKitOut, **refusals(409)},
    operation_id="restore_brand_kit",
    summary="Restore a brand kit",
)
def restore_brand_kit(request: HttpRequest, kit_id: RowId) -> BrandKitOut:  # noqa: ARG001 (Ninja passes it)
    """Bring an archived brand kit back into use; 409 when another one has its name by now."""
    return _show(services.restore_brand_kit(kit_id=kit_id))


@router.get(
    "/{kit_id}/versions/",
    response=Page[BrandKitVersionOut],
    operation_id="list_brand_kit_versions",
    summary="List versions of a brand kit",
)
def list_brand_kit_versions(request: HttpRequest, kit_id: RowId, query: Query[PageQuery]) -> Page[BrandKitVersionOut]:
    """List what a brand kit has said, newest first."""
    rows = services.find_brand_kit(kit_id=kit_id).versions.order_by("-number")
    return page_of(request, rows, query, BrandKitVersionOut.from_row)


def _show(kit: BrandKit) -> BrandKitOut:
    return BrandKitOut.from_row(services.find_brand_version(kit_id=kit.pk))
