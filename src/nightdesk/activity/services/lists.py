"""Looking at the log."""

from datetime import datetime

from django.db.models import Q, QuerySet

from nightdesk.activity.models import Activity


def activities_shown(
    *,
    actor_id: int | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    text: str = "",
) -> QuerySet[Activity]:
    """Give the lines that match, newest first.

    `action` names one (`campaign.create`) or all that begin so (`campaign`); `until` is not among them; `text` is looked for
    in the name of the thing and of who it was.
    """
    rows = Activity.objects.order_by("-at", "-pk")
    if action:
        rows = rows.filter(Q(action=action) | Q(action__startswith=f"{action}."))
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(actor_name__icontains=text))
    wanted = {"actor_id": actor_id, "subject": subject or None, "at__gte": since, "at__lt": until}
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})
