"""What a job is about, as a person knows it: the name of the thing and the address of its page."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from nightdesk.campaigns.models import Campaign, subject_of
from nightdesk.engine.models import Job


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing that a job is about."""

    name: str
    url: str


def find_subjects(jobs: Iterable[Job]) -> dict[str, Subject]:
    """Return the things that these jobs are about, by the jobs' `subject`, with one query; deleted ones are left out."""
    ids = {
        int(number) for kind, _, number in (job.subject.partition(":") for job in jobs) if _is_campaign(kind, number)
    }
    names = Campaign.objects.filter(pk__in=ids).values_list("pk", "name") if ids else []
    return {subject_of(pk): Subject(name, reverse("web:campaign", args=[pk])) for pk, name in names}


def _is_campaign(kind: str, number: str) -> bool:
    return kind == "campaign" and number.isascii() and number.isdecimal()
