"""Lines of the activity log as plain sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.activity import services
from nightdesk.activity.actions import TITLES
from nightdesk.activity.models import Activity, Source
from nightdesk.web.subjects import Subject, find_things

#: The way in by which it was done, in words.
WAYS: Final[dict[str, str | Promise]] = {
    Source.PAGE: _("on a page"),
    Source.API: _("by a program"),
    Source.ADMIN: _("in the administration"),
    Source.SHELL: _("by a command"),
    Source.SCHEDULE: _("by a schedule"),
    Source.LINK: _("by a link in a mail"),
}
#: Things whose page only their owner may open.
_PRIVATE: Final = ("export:", "report:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that somebody did. `who` is "" where it was nobody, or where everything is one person's."""

    at: datetime
    who: str
    what: str
    title: str
    url: str
    way: str | Promise
    address: str
    job_url: str
    thing_query: str


def list_actions() -> list[tuple[str, str]]:
    """List what can be done, by its words."""
    return sorted(((action, str(words)) for action, words in TITLES.items()), key=lambda one: one[1])


def describe_deeds(activities: Iterable[Activity], *, reader_id: int, is_own: bool) -> list[Deed]:
    """Describe lines for a reader; things that are still there are linked, with a query for each kind of thing."""
    kept = list(activities)
    things = find_things({one.subject for one in kept if one.subject})
    return [_describe(one, things.get(one.subject), reader_id=reader_id, is_own=is_own) for one in kept]


def _describe(activity: Activity, thing: Subject | None, *, reader_id: int, is_own: bool) -> Deed:
    is_private = activity.subject.startswith(_PRIVATE) and activity.actor_id not in (None, reader_id)
    title = activity.title or (thing.name if thing else "")
    return Deed(
        at=activity.at,
        who="" if is_own else activity.actor_name,
        what=services.title_of(activity.action),
        title=title,
        url=thing.url if thing and not is_private else "",
        way=WAYS[activity.source],
        address=activity.address or "",
        job_url=reverse("web:job", args=[activity.job_id]) if activity.job_id else "",
        thing_query="?" + urlencode({"thing": activity.subject}) if activity.subject else "",
    )
