"""Jobs and health checks in Django's admin: to look at; jobs are retried and cancelled through the engine.

What a job carries is not shown here: arguments and results have their own rules about who may read them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from nightdesk.activity.models import Source
from nightdesk.activity.services import record
from nightdesk.core.errors import BusinessError
from nightdesk.engine import actions
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.models import Attempt, Job
from nightdesk.engine.queries import attempts_of, error_of, waiting_reason
from nightdesk.engine.states import State
from nightdesk.httpkit.addresses import client_address
from nightdesk.httpkit.admin_rows import OnlyToLookAt
from nightdesk.operations.models import HealthCheck

if TYPE_CHECKING:
    _JobAdminBase = admin.ModelAdmin[Job]
    _HealthAdminBase = admin.ModelAdmin[HealthCheck]
    _PaginatorBase = Paginator[Any]
else:
    _JobAdminBase = _HealthAdminBase = admin.ModelAdmin
    _PaginatorBase = Paginator

#: Rows that a page of the list may lie away from the first: counting millions takes seconds on every click.
_MOST_COUNTED: Final = 10_000
#: Refusals that are told one by one.
_MOST_TOLD: Final = 10
_HEX_DIGITS: Final = 32


class BoundedPaginator(_PaginatorBase):
    """Counts no further than anybody leafs; filters find what lies beyond."""

    @cached_property
    def count(self) -> int:
        """The rows there are, or the most that are counted."""
        rows = self.object_list
        return rows.order_by()[:_MOST_COUNTED].count() if isinstance(rows, QuerySet) else len(rows)


class KindFilter(admin.SimpleListFilter):
    """By kind: those that this version knows, without asking the rows which there are."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Offer each kind."""
        return [(name, name) for name in sorted(KINDS)]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Job]) -> QuerySet[Job]:
        """Keep the jobs of one."""
        return rows.filter(kind=self.value()) if self.value() else rows


@admin.register(Job)
class JobAdmin(OnlyToLookAt, _JobAdminBase):
    """Jobs, the newest first; operators try again and cancel."""

    list_display = ("id", "kind", "state", "progress", "message", "queue", "owner_id", "created_at", "finished_at")
    list_filter = ("state", KindFilter, "queue")
    search_fields = ("id", "kind", "subject")
    search_help_text = gettext_lazy("The beginning of an id, a whole kind, or a whole subject like campaign:42.")
    ordering = ("-id",)
    actions = ("try_again", "cancel")
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    exclude = ("token", "ring", "place", "unique_key", "limit_key", "slot")
    readonly_fields = ("error", "why_it_waits", "attempts")

    def get_search_results(
        self, _request: HttpRequest, rows: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        """Find by the beginning of an id, else by kind or subject: each by an index, on any number of rows."""
        term = search_term.strip()
        bounds = _bounds_of(term)
        if not term:
            return rows, False
        if bounds is not None:
            return rows.filter(pk__gte=bounds[0], pk__lte=bounds[1]), False
        return (rows.filter(subject=term) if ":" in term else rows.filter(kind=term)), False

    @admin.display(description=gettext_lazy("Error"))
    def error(self, job: Job) -> str:
        """Say why it did not succeed; of sensitive kinds nothing."""
        found = None if _is_sensitive(job) or job.state == State.SUCCEEDED else error_of(job)
        return found.message if found else "-"

    @admin.display(description=gettext_lazy("Why it waits"))
    def why_it_waits(self, job: Job) -> str:
        """Say why it stands where it stands."""
        return waiting_reason(job) or "-"

    @admin.display(description=gettext_lazy("Attempts"))
    def attempts(self, job: Job) -> str:
        """List its ended runs without what they said, which may hold what the job carries."""
        return "\n".join(_describe(attempt) for attempt in attempts_of(job)) or "-"

    @admin.action(description=gettext_lazy("Try again what ended without success"))
    def try_again(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        """Send each back into its line; one whose outcome is unknown is left: somebody has to look first."""
        self._do(request, rows, "job.retry", lambda job_id: actions.retry(job_id=job_id))

    @admin.action(description=gettext_lazy("Cancel what is not finished"))
    def cancel(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        """Cancel each, or tell it to stop."""
        self._do(request, rows, "job.cancel", _cancel)

    def _do(
        self, request: HttpRequest, rows: QuerySet[Job], action: str, act: Callable[[UUID], str | Promise | None]
    ) -> None:
        """Do it with each job; say for how many it was done, and why not for the others."""
        done, refusals = 0, list[str]()
        for job_id, kind in rows.values_list("pk", "kind"):
            try:
                refusal = act(job_id)
            except BusinessError as error:
                refusal = error.public_message
            if refusal:
                refusals.append(f"{kind} {job_id}: {refusal}")
                continue
            done += 1
            _note(request, action, job_id, kind)
        self._tell(request, done, refusals)
        request.activity_noted = True  # type: ignore[attr-defined]  # each job has its line

    def _tell(self, request: HttpRequest, done: int, refusals: list[str]) -> None:
        if done:
            self.message_user(request, ngettext("Done for %d job.", "Done for %d jobs.", done) % done)
        for said in refusals[:_MOST_TOLD]:
            self.message_user(request, said, messages.WARNING)
        more = len(refusals) - _MOST_TOLD
        if more > 0:
            said = ngettext("%d more job was left as it is.", "%d more jobs were left as they are.", more) % more
            self.message_user(request, said, messages.WARNING)


@admin.register(HealthCheck)
class HealthCheckAdmin(OnlyToLookAt, _HealthAdminBase):
    """Looks at everything, the newest first."""

    list_display = ("at", "verdict", "task_id")
    list_filter = ("verdict",)
    ordering = ("-at", "-id")


def _cancel(job_id: UUID) -> str | None:
    """Cancel a job; return why not where it has ended."""
    return _("It has already ended.") if actions.cancel(job_id=job_id) == "finished" else None


def _note(request: HttpRequest, action: str, job_id: UUID, kind: str) -> None:
    record(
        action=action,
        source=Source.ADMIN,
        actor_id=request.user.pk,
        actor_name=str(request.user),
        title=kind,
        job_id=job_id,
        address=client_address(request),
    )


def _describe(attempt: Attempt) -> str:
    return f"{attempt.number}: {attempt.outcome} {attempt.error_class} ({attempt.worker})".replace("  ", " ")


def _is_sensitive(job: Job) -> bool:
    kind = KINDS.get(job.kind)
    return kind is None or kind.sensitive


def _bounds_of(text: str) -> tuple[UUID, UUID] | None:
    """Return the first and last id that begin so; None where this is no beginning of an id."""
    digits = text.replace("-", "").lower()
    if not 4 <= len(digits) <= _HEX_DIGITS or set(digits) - set("0123456789abcdef"):
        return None
    return UUID(digits.ljust(_HEX_DIGITS, "0")), UUID(digits.ljust(_HEX_DIGITS, "f"))
