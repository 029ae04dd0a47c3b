"""A campaign is accepted together with its job, or not at all."""

from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.services import create_user
from nightdesk.campaigns.jobs import WriteCampaign
from nightdesk.campaigns.models import MAX_BRIEF_CHARS, Campaign
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.models import Job
from nightdesk.engine.testing import assert_enqueued
from tests.integration.campaigns.briefs import ALL_CHANNELS, BRIEF, make_campaign

pytestmark = pytest.mark.django_db


def test_new_campaign_waits_for_its_job() -> None:
    ada = create_user(email="ada@example.org")

    campaign = make_campaign(created_by_id=ada.id, channels=ALL_CHANNELS)

    job = assert_enqueued(WriteCampaign(campaign_id=campaign.id, generation=1))
    assert (job.id, job.subject, job.owner_id) == (campaign.task_id, f"campaign:{campaign.id}", ada.id)
    assert (job.queue, job.state) == ("ai_generation", "waiting")
    assert (campaign.ai_processing_status, campaign.ai_processing_error, campaign.ai_processed_at) == (
        "pending",
        "",
        None,
    )
    assert Campaign.objects.get().channels == ALL_CHANNELS


def test_rolled_back_campaign_leaves_no_job() -> None:
    with transaction.atomic():
        make_campaign()
        transaction.set_rollback(True)

    assert (Campaign.objects.count(), Job.objects.count()) == (0, 0)


def test_text_is_trimmed_and_language_guessed_from_the_brief() -> None:
    campaign = make_campaign(
        name="  Herbst ", brief="\n Wir eröffnen unsere neue Werkstatt in Leipzig. ", tone=" warm "
    )

    kept = Campaign.objects.get(pk=campaign.pk)
    assert (kept.name, kept.tone, kept.language) == ("Herbst", "warm", "de")
    assert kept.brief == "Wir eröffnen unsere neue Werkstatt in Leipzig."


@pytest.mark.parametrize(
    ("given", "kept"), [("en", "en"), ("pt-BR", "pt-BR"), ("pt_BR", "pt-BR"), ("zh-Hant-TW", "zh-Hant-TW")]
)
def test_language_is_kept_as_a_tag(given: str, kept: str) -> None:
    assert make_campaign(language=given).language == kept


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", " ", "Give the campaign a name."),
        ("name", "x" * 121, "This must have at most 120 characters; it has 121. Shorten it."),
        ("brief", "", "Say in a few sentences what the campaign is about."),
        ("brief", "\u200b\u2060", "Say in a few sentences what the campaign is about."),
        (
            "brief",
            "x" * (MAX_BRIEF_CHARS + 1),
            "This must have at most 20,000 characters; it has 20,001. Shorten it.",
        ),
        ("brief", "half \ud800", "This text holds a NUL character or half a character. Remove it."),
        ("tone", "nul \x00.", "This text holds a NUL character or half a character. Remove it."),
        ("product", 5, "This must be text."),
        ("channels", [], f"Choose at least one channel of: {', '.join(ALL_CHANNELS)}."),
        ("channels", "x", f"Choose at least one channel of: {', '.join(ALL_CHANNELS)}."),
        ("channels", ["fax"], f"There is no channel 'fax'. Choose from: {', '.join(ALL_CHANNELS)}."),
        ("channels", ["x", "blog", "x"], "A channel is named twice. Name each once."),
        ("language", "English please", "This must be a language tag such as en, de or pt-BR."),
    ],
)
def test_field_that_cannot_be_kept_is_refused_in_plain_words(field: str, value: Any, complaint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_campaign(**{field: value})

    assert refused.value.details == {field: [complaint]}
    assert (Campaign.objects.count(), Job.objects.count()) == (0, 0)


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        make_campaign(name="", brief="", channels=["fax"])

    assert sorted(refused.value.details) == ["brief", "channels", "name"]


def test_longest_brief_is_kept_whole() -> None:
    brief = (BRIEF * 200)[:MAX_BRIEF_CHARS].strip()

    campaign = make_campaign(brief=brief)

    assert Campaign.objects.get(pk=campaign.pk).brief == brief


def test_creating_takes_few_statements(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    make_campaign()  # the first one in a process reads the engine's windows

    with django_assert_max_num_queries(5) as counted:  # BEGIN or SAVEPOINT, campaign, job and payload, COMMIT
        make_campaign()

    print(f"creating a campaign: {len(counted.captured_queries)} statements seen by Django")  # noqa: T201
