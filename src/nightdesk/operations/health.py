"""Is it alive, is it ready: for load balancers and supervisors."""

from http import HTTPStatus

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nightdesk.engine.arguments import KINDS
from nightdesk.engine.queries import live_workers


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


def find_reasons() -> list[str]:
    """Say why the installation is not ready; an empty list when it is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        workers = live_workers()
    except (DatabaseError, InterfaceError):
        return ["The database does not answer. Check that it runs and that DATABASE_URL is right."]
    served = {
        (queue, kind) for worker in workers if not worker.draining for queue in worker.queues for kind in worker.kinds
    }
    lacking: dict[str, list[str]] = {}
    for kind in sorted(KINDS.values(), key=lambda kind: kind.name):
        if (kind.queue, kind.name) not in served:
            lacking.setdefault(kind.queue, []).append(kind.name)
    return [
        f"No live worker serves the queue {queue} for {', '.join(kinds)}. Start one: nightdesk worker --queues {queue}"
        for queue, kinds in sorted(lacking.items())
    ]
