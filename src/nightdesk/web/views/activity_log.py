"""Who did what: all of it for operators, one's own for everybody."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nightdesk.accounts.models import User
from nightdesk.activity import services
from nightdesk.web.access import for_operators, signed_in, user_on
from nightdesk.web.upkeep.deeds import describe_deeds, list_actions
from nightdesk.web.upkeep.log_filter import LogFilter

PAGE_SIZE: Final = 50


@require_safe
@never_cache
@for_operators
def show(request: HttpRequest) -> HttpResponse:
    """List what everybody did, filtered by the address, the newest first."""
    people = User.objects.only("email", "first_name", "last_name").order_by("email")
    return _show(request, LogFilter.read(request.GET), title=_("Who did what"), people=list(people))


@require_safe
@never_cache
@signed_in
def show_own(request: HttpRequest) -> HttpResponse:
    """List what was done in one's own name."""
    asked = LogFilter.read({**request.GET.dict(), "person": str(user_on(request).pk)})
    return _show(request, asked, title=_("What you did"), people=None)


def _show(request: HttpRequest, asked: LogFilter, *, title: str, people: list[User] | None) -> HttpResponse:
    # Leafed through by moment: counting a long log for the number of its pages would cost more than showing it.
    lines = list(asked.apply_before(services.activities_shown(**asked.criteria()))[: PAGE_SIZE + 1])
    context = {
        "title": title,
        "asked": asked,
        "people": people,
        "deeds": describe_deeds(lines[:PAGE_SIZE], reader_id=user_on(request).pk, is_own=people is None),
        "older": asked.address_after(lines[PAGE_SIZE - 1]) if len(lines) > PAGE_SIZE else "",
        "newest": asked.address_after(None),
        "actions": list_actions(),
    }
    return render(request, "web/activity_log/page.html", context)
