"""What a job is about, as a person knows it: the name of the thing, the address of its page, and its picture."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from nightdesk.campaigns.models import Campaign
from nightdesk.engine.models import Job
from nightdesk.exports.models import Export, Report
from nightdesk.images.models import Asset, AssetState
from nightdesk.publishing.models import PlatformAccount, Post
from nightdesk.web.exports.names import name_export
from nightdesk.web.mail.lines import mails_of
from nightdesk.web.reports.names import name_report
from nightdesk.web.studio.runs import pictures_of

#: Longest side in pixels of the small copy that stands beside a job.
THUMB_SIDE: Final = 150


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing that a job is about. `picture_url`: a small copy of the picture it made or changes; "" for none."""

    name: str
    url: str
    picture_url: str = ""


def find_subjects(jobs: Iterable[Job]) -> dict[UUID, Subject]:
    """Return the things that these jobs are about, by the jobs' ids; deleted ones are left out.

    One query for each kind of thing that a job is about, and two each for mails and pictures.
    """
    kept = list(jobs)
    made = pictures_of(kept)
    things = find_things({job.subject for job in kept if job.pk not in made})
    found = {pk: Subject(*named) for pk, named in mails_of(kept).items()}
    for job in kept:
        asset = made.get(job.pk)
        thing = describe_picture(asset) if asset is not None else things.get(job.subject)
        if thing is not None:
            found[job.pk] = thing
    return found


def find_things(subjects: Collection[str]) -> dict[str, Subject]:
    """Return things by what jobs and the log call them (`campaign:12`); deleted and unknown ones are left out.

    One query for each kind of thing that is among them.
    """
    keys: dict[str, set[str]] = {}
    for subject in subjects:
        kind, _colon, key = subject.partition(":")
        keys.setdefault(kind, set()).add(key)
    found = {f"asset:{pk}": describe_picture(asset) for pk, asset in _find_pictures(keys.get("asset", set())).items()}
    for kind, look in _LOOKS.items():
        numbers = {int(key) for key in keys.get(kind, ()) if key.isascii() and key.isdecimal() and len(key) < 18}
        if numbers:
            found |= {f"{kind}:{pk}": thing for pk, thing in look(numbers)}
    return found


def describe_picture(asset: Asset) -> Subject:
    """Describe a picture as the subject of a job."""
    return Subject(
        asset.name or _("Picture without a name"),
        reverse("web:studio_picture", args=[asset.pk]),
        reverse("web:picture_thumb", args=[asset.pk, THUMB_SIDE]),
    )


def _find_pictures(ids: set[str]) -> dict[str, Asset]:
    return Asset.objects.filter(state=AssetState.READY).in_bulk(list(ids)) if ids else {}


def _find_campaigns(ids: set[int]) -> Iterator[tuple[int, Subject]]:
    for pk, name in Campaign.objects.filter(pk__in=ids).values_list("pk", "name"):
        yield pk, Subject(name, reverse("web:campaign", args=[pk]))


def _find_posts(ids: set[int]) -> Iterator[tuple[int, Subject]]:
    for pk, title in Post.objects.filter(pk__in=ids).values_list("pk", "title"):
        yield pk, Subject(title or _("Post without a title"), reverse("web:post", args=[pk]))


def _find_accounts(ids: set[int]) -> Iterator[tuple[int, Subject]]:
    for pk, name in PlatformAccount.objects.filter(pk__in=ids).values_list("pk", "name"):
        yield pk, Subject(name, reverse("web:platform_accounts"))


def _find_exports(ids: set[int]) -> Iterator[tuple[int, Subject]]:
    for export in Export.objects.filter(pk__in=ids).only("model_name", "format"):
        yield export.pk, Subject(name_export(export), reverse("web:export", args=[export.pk]))


def _find_reports(ids: set[int]) -> Iterator[tuple[int, Subject]]:
    for report in Report.objects.filter(pk__in=ids).only("report_type", "date_from", "date_to"):
        yield report.pk, Subject(name_report(report), reverse("web:report", args=[report.pk]))


#: Kind of thing -> what finds some of them by their numbers.
_LOOKS: Final[dict[str, Callable[[set[int]], Iterator[tuple[int, Subject]]]]] = {
    "campaign": _find_campaigns,
    "post": _find_posts,
    "account": _find_accounts,
    "export": _find_exports,
    "report": _find_reports,
}
