"""What a person opens in the morning: what needs them, what happens now, what was done today."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nightdesk.campaigns.models import Campaign
from nightdesk.engine.feed import shared_tail
from nightdesk.web import desk
from nightdesk.web.access import signed_in, user_on
from nightdesk.web.parts import render_part
from nightdesk.web.samples import sample_brief

NEWEST: Final = 6


@require_safe
@never_cache
@signed_in
def show_home(request: HttpRequest) -> HttpResponse:
    """Show one person's desk; before the first campaign, a brief that is ready to send."""
    cursor = shared_tail().cursor()
    user = user_on(request)
    campaigns = list(
        Campaign.objects.only("name", "channels", "ai_processing_status", "created_at").order_by("-id")[:NEWEST]
    )
    context = {
        "troubled": desk.find_troubled(user),
        "unfinished": desk.find_unfinished(user),
        "ends": desk.count_ends(user),
        "campaigns": campaigns,
        "sample": None if campaigns else sample_brief(),
        "cursor": cursor,
        "section": "home",
    }
    return render_part(request, part="web/home/desk.html", whole="web/home/home.html", context=context)
