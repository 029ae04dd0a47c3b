"""Who makes and changes pictures here."""

from django.http import HttpRequest
from ninja import Router

from nightdesk.images import services
from nightdesk.images.schemas.tasks import ProviderOut, ProvidersOut

router = Router(tags=["images"])


@router.get("/", response=ProvidersOut, operation_id="list_image_providers", summary="List image providers")
def list_image_providers(request: HttpRequest) -> ProvidersOut:  # noqa: ARG001 (Ninja passes it)
    """List the providers of every operation: licences, where data goes, what is ready and which setting is missing."""
    return ProvidersOut(providers=[ProviderOut.from_state(state) for state in services.list_providers()])
