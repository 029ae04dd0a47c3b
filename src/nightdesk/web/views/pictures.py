"""The files of pictures, for people who are signed in: one address for the picture, one for each of its small copies."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from nightdesk.images.api.serving import file_response
from nightdesk.images.services import find_ready_asset
from nightdesk.web.access import signed_in


@require_safe
@signed_in
def show_file(request: HttpRequest, asset_id: str) -> HttpResponseBase:
    """Send the picture as it is stored."""
    return file_response(asset=find_ready_asset(asset_id=asset_id), side=None, request=request)


@require_safe
@signed_in
def show_thumb(request: HttpRequest, asset_id: str, side: int) -> HttpResponseBase:
    """Send the small copy whose longest side has so many pixels."""
    return file_response(asset=find_ready_asset(asset_id=asset_id), side=side, request=request)
