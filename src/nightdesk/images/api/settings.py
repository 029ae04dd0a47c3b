"""What an administrator decides about pictures."""

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from ninja import Router

from nightdesk.core.errors import Forbidden
from nightdesk.httpkit.actors import actor_of
from nightdesk.images import services
from nightdesk.images.schemas.tasks import SettingsOut, SettingsPatch

router = Router(tags=["images"])


@router.get("/", response=SettingsOut, operation_id="show_image_settings", summary="Show the image settings")
def show_image_settings(request: HttpRequest) -> SettingsOut:  # noqa: ARG001 (Ninja passes it)
    """Say whether face swaps are allowed, and what is confirmed before one."""
    return SettingsOut.from_row(services.find_image_settings())


@router.patch("/", response=SettingsOut, operation_id="change_image_settings", summary="Change the image settings")
def change_image_settings(request: HttpRequest, body: SettingsPatch) -> SettingsOut:
    """Turn face swaps on or off; administrators only."""
    user_id = actor_of(request).user_id
    if not get_user_model().objects.get(pk=user_id).is_superuser:
        raise Forbidden("Only administrators may do this. Ask one.")
    return SettingsOut.from_row(services.allow_face_swap(allowed=body.face_swap_allowed, user_id=user_id))
