"""The report about what was made: campaigns, texts, posts and where they went, pictures and mails."""

from collections import Counter
from typing import Final

from django.db.models import Case, CharField, Value, When

from nightdesk.campaigns.models import Campaign, Origin, PieceVersion
from nightdesk.exports.services.reports.counting import count_by, count_by_day
from nightdesk.exports.services.reports.datasets import (
    Part,
    Table,
    Tell,
    as_words,
    make_series,
    make_table,
    make_total,
    sum_all,
    tabulate,
)
from nightdesk.exports.services.reports.periods import Period
from nightdesk.images.models import Asset, AssetState
from nightdesk.mail.models import MailState, OutboxMail
from nightdesk.publishing.models import Post, PublishedPost, Status

#: What `providers.text.template` signs with.
_TEMPLATE: Final = "template"
_WRITERS: Final = {"template": "Templates", "model": "Models (AI)", "person": "People"}
_OUT: Final = (MailState.SENT, MailState.KEPT)
_NOTES: Final = (
    "Texts are versions: one that was changed counts again.",
    "Mails count on the day they were written. Where there is no mail server, those kept here count as gone out.",
    "What was deleted since is not counted.",
)
_OUTCOMES: Final = (Status.SUCCESS, Status.FAILED, Status.UNCONFIRMED, Status.SKIPPED, Status.MISSED)


def count_content(*, period: Period, tell: Tell) -> Part:
    """Count what was made on these days, who wrote it, and what became of posts and mails."""
    tell("Counting campaigns and texts")
    campaigns = count_by_day(Campaign.objects.all(), "created_at", period)
    texts = count_by_day(PieceVersion.objects.all(), "created_at", period, by=_writer())
    tell("Counting posts")
    posts = count_by_day(Post.objects.all(), "created_at", period)
    ended = PublishedPost.objects.filter(status__in=_OUTCOMES)
    publishings = count_by_day(ended, "finished_at", period, by="status")
    tell("Counting pictures and mails")
    shown = Asset.objects.filter(is_listed=True, state__in=(AssetState.READY, AssetState.EXPIRED))
    pictures = count_by_day(shown, "created_at", period, by="origin")
    mails = count_by_day(OutboxMail.objects.all(), "created_at", period, by="state")
    return Part(
        totals=[
            make_total("Campaigns", sum_all(campaigns)),
            make_total("Texts", sum_all(texts)),
            make_total("Posts", sum_all(posts)),
            make_total("Published", sum_all(publishings, [Status.SUCCESS])),
            make_total("Pictures", sum_all(pictures)),
            make_total("Mails", sum_all(mails, _OUT)),
        ],
        series=[
            make_series("Campaigns made", "campaigns", campaigns, period),
            make_series("Texts written", "texts", texts, period),
            make_series("Posts begun", "posts", posts, period),
            make_series("Posts published", "publishings", publishings, period, [Status.SUCCESS]),
            make_series("Pictures", "pictures", pictures, period),
            make_series("Mails that went out", "mails", mails, period, _OUT),
        ],
        tables=[
            tabulate("Who wrote", ["Writer", "Texts"], texts, lambda key: _WRITERS[key]),
            _tabulate_platforms(period),
            tabulate("Pictures by where they came from", ["From", "Pictures"], pictures, as_words),
            tabulate("Mails by what became of them", ["State", "Mails"], mails, as_words),
        ],
        notes=list(_NOTES),
    )


def _writer() -> Case:
    """Tell who wrote a version: a person who changed or restored it, else what made it."""
    return Case(
        When(origin__in=(Origin.EDITED, Origin.RESTORED), then=Value("person")),
        When(made_by=_TEMPLATE, then=Value("template")),
        default=Value("model"),
        output_field=CharField(),
    )


def _tabulate_platforms(period: Period) -> Table:
    """Count publishings by platform and what became of them."""
    ended = PublishedPost.objects.filter(status__in=_OUTCOMES)
    counted: Counter[tuple[str, str]] = Counter()
    for platform, status, count in count_by(ended, "finished_at", period, "platform", "status"):
        counted[(platform, status)] += count
    platforms = sorted({platform for platform, _ in counted})
    rows = [[platform, *(counted[(platform, status)] for status in _OUTCOMES)] for platform in platforms]
    return make_table("Publishings by platform", ["Platform", *(as_words(status) for status in _OUTCOMES)], rows)
