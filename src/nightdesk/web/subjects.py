"""What a job is about, as a person knows it: the name of the thing, the address of its page, and its picture."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from nightdesk.campaigns.models import Campaign
from nightdesk.engine.models import Job
from nightdesk.images.models import Asset, AssetState
from nightdesk.publishing.models import PlatformAccount, Post
from nightdesk.web.mail.lines import mails_of
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

    One query for campaigns, one for posts, one for accounts, two for mail and two for pictures, each only where a job is
    about one.
    """
    kept = list(jobs)
    made = pictures_of(kept)
    pictures = _find_pictures(kept, made)
    names = {
        "campaign": _find_names(kept, "campaign", Campaign.objects.values_list("pk", "name")),
        "post": _find_names(kept, "post", Post.objects.values_list("pk", "title")),
        "account": _find_names(kept, "account", PlatformAccount.objects.values_list("pk", "name")),
    }
    found = {pk: Subject(*named) for pk, named in mails_of(kept).items()}
    for job in kept:
        kind, _colon, key = job.subject.partition(":")
        asset = made.get(job.pk) or (pictures.get(key) if kind == "asset" else None)
        if asset is not None:
            found[job.pk] = describe_picture(asset)
        elif key in names.get(kind, {}):
            found[job.pk] = _describe(kind, key, names[kind][key])
    return found


def describe_picture(asset: Asset) -> Subject:
    """Describe a picture as the subject of a job."""
    return Subject(
        asset.name or _("Picture without a name"),
        reverse("web:studio_picture", args=[asset.pk]),
        reverse("web:picture_thumb", args=[asset.pk, THUMB_SIDE]),
    )


def _find_pictures(jobs: list[Job], made: dict[UUID, Asset]) -> dict[str, Asset]:
    subjects = (job.subject.partition(":") for job in jobs if job.pk not in made)
    ids = {key for kind, _colon, key in subjects if kind == "asset"}
    return Asset.objects.filter(state=AssetState.READY).in_bulk(list(ids)) if ids else {}


def _find_names(jobs: list[Job], kind: str, rows: QuerySet[Any, tuple[int, str]]) -> dict[str, str]:
    subjects = (job.subject.partition(":") for job in jobs)
    ids = {int(key) for one, _colon, key in subjects if one == kind and key.isascii() and key.isdecimal()}
    return {str(pk): name for pk, name in rows.filter(pk__in=ids)} if ids else {}


def _describe(kind: str, key: str, name: str) -> Subject:
    if kind == "campaign":
        return Subject(name, reverse("web:campaign", args=[int(key)]))
    if kind == "post":
        return Subject(name or _("Post without a title"), reverse("web:post", args=[int(key)]))
    return Subject(name, reverse("web:platform_accounts"))
