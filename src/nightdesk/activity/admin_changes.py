"""What was done in Django's admin, taken from the admin's own log.

Django writes a `LogEntry` for each thing that was made, changed or deleted, several at once without any signal. So the
newest entry is looked at before a request of the admin, and what the same person has got since is copied after it.
"""

import re
from typing import Any, Final

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.http import HttpRequest

from nightdesk.activity.actions import TITLES
from nightdesk.activity.models import Source
from nightdesk.activity.services import record

_WORDS: Final = {ADDITION: "create", CHANGE: "change", DELETION: "delete"}
#: Models whose changes have words of their own: label -> what the log calls them.
_KINDS: Final = {
    "accounts.user": "user",
    "accounts.apitoken": "token",
    "django_celery_beat.periodictask": "schedule",
    "mail.outboxmail": "mail",
    "engine.job": "job",
}
_LIST: Final = re.compile(r"^\w+_(\w+)_changelist$")
#: More at once than this is one click on "delete all": the rest stands in the admin's own log.
_MOST: Final = 500


def newest_entry(user_id: int | None) -> int:
    """Return the id of the newest line of the admin's log about this person's doings; 0 when there is none."""
    if user_id is None:
        return 0
    newest = LogEntry.objects.filter(user_id=user_id).order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def note_admin_changes(*, user: Any, after: int, address: str) -> None:
    """Write down what a person did in the admin since the entry `after`."""
    if not user.is_authenticated:
        return
    entries = LogEntry.objects.filter(user_id=user.pk, pk__gt=after).select_related("content_type").order_by("pk")
    for entry in entries[:_MOST]:
        label = f"{entry.content_type.app_label}.{entry.content_type.model}" if entry.content_type else ""
        kind = _KINDS.get(label, "")
        word = _WORDS[entry.action_flag]
        action = f"{kind}.{word}" if f"{kind}.{word}" in TITLES else f"admin.{word}"
        record(
            action=action,
            source=Source.ADMIN,
            actor_id=user.pk,
            actor_name=str(user),
            subject=f"{kind or label}:{entry.object_id}",
            title=entry.object_repr,
            address=address,
        )


def note_admin_action(request: HttpRequest, *, address: str) -> None:
    """Write down that a person did something with several rows of a list, where it leaves no line of its own.

    Deleting does: each thing has an entry in the admin's log.
    """
    found = _LIST.match(str(request.resolver_match and request.resolver_match.url_name))
    action = request.POST.get("action", "")
    if found is None or not action or action == "delete_selected" or not request.user.is_authenticated:
        return
    chosen = len(request.POST.getlist("_selected_action"))
    how_many = "all" if request.POST.get("select_across") == "1" else str(chosen)
    record(
        action="admin.act",
        source=Source.ADMIN,
        actor_id=request.user.pk,
        actor_name=str(request.user),
        title=f"{found[1]}: {action} ({how_many})",
        address=address,
    )
