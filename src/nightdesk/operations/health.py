"""Is it alive, is it ready: for load balancers and supervisors."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nightdesk.operations.readiness import find_reasons


@require_safe
async def show_alive(_request: HttpRequest) -> JsonResponse:
    """Answer while the process lives; touches nothing."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def show_ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when jobs would be accepted and run, else 503 with the reasons in plain words."""
    reasons = find_reasons()
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    response = JsonResponse({"ready": not reasons, "reasons": reasons}, status=status)
    # A probe asks every few seconds: Django would log each 503 as an error.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
