"""Two people, or a person and a job, at the same campaign at the same time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from nightdesk.campaigns import services
from nightdesk.campaigns.errors import CampaignBusy, CampaignNotFound
from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.engine import actions
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.providers.text import registry
from tests.integration.campaigns.briefs import ALL_CHANNELS, Writer, make_campaign, task_of

pytestmark = pytest.mark.django_db(transaction=True)

#: Enough for the interleavings that matter to come up; each round takes milliseconds.
ROUNDS = 10


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start calls together, each on its own connection; return what each returned, or the error's class."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait()
            return call()
        except (CampaignBusy, CampaignNotFound) as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_regenerated_by_four_at_once_it_moves_one_generation() -> None:
    campaign = make_campaign(channels=["x"])
    for round_number in range(ROUNDS):
        drain()

        outcomes = at_once([lambda: services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)] * 4)

        assert outcomes.count(CampaignBusy) == 3
        assert Campaign.objects.get().generation == 2 + round_number
        assert Job.objects.filter(state="waiting").count() == 1


def test_deleted_while_its_job_runs_nothing_is_left_and_nobody_waits_for_ever() -> None:
    for _ in range(ROUNDS):
        campaign = make_campaign(channels=ALL_CHANNELS)

        at_once([drain, partial(services.delete_campaign, campaign_id=campaign.pk)])
        drain()

        assert (Campaign.objects.count(), ContentPiece.objects.count()) == (0, 0)
        assert Job.objects.filter(state__in=["waiting", "running"]).count() == 0


def test_deleted_between_two_pieces_the_job_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign(channels=["x", "blog", "email"])

    def delete_before_blog(request: Any) -> None:
        if request.channel == "blog":
            at_once([lambda: services.delete_campaign(campaign_id=campaign.pk)])

    writer = Writer(delete_before_blog)
    monkeypatch.setitem(registry.WRITERS, "template", lambda: writer)

    drain()

    assert writer.asked == ["x", "blog"]
    assert ContentPiece.objects.count() == 0
    assert Job.objects.get().state in {"cancelled", "failed"}


def test_cancelled_while_its_job_runs_campaign_and_job_agree() -> None:
    for _ in range(ROUNDS):
        campaign = make_campaign(channels=ALL_CHANNELS)

        at_once([drain, partial(actions.cancel, job_id=task_of(campaign))])
        drain()

        state = Job.objects.get(pk=task_of(campaign)).state
        status = Campaign.objects.get(pk=campaign.pk).ai_processing_status
        assert (state, status) in {("succeeded", "completed"), ("cancelled", "failed")}


def test_patched_by_two_at_once_both_changes_are_kept() -> None:
    campaign = make_campaign(channels=["x"])
    drain()
    for number in range(ROUNDS):
        at_once(
            [
                partial(services.update_campaign, campaign_id=campaign.pk, name=f"Name {number}"),
                partial(services.update_campaign, campaign_id=campaign.pk, tone=f"tone {number}"),
            ]
        )

        row = Campaign.objects.get()
        assert (row.name, row.tone) == (f"Name {number}", f"tone {number}")


def change_brief(campaign: Campaign, brief: str) -> str:
    """Give it another brief and return the one it then has."""
    return services.update_campaign(campaign_id=campaign.pk, brief=brief).brief


def test_brief_changed_while_regeneration_is_asked_for_is_either_in_or_refused() -> None:
    campaign = make_campaign(channels=["x"])
    for number in range(ROUNDS):
        drain()
        brief = f"Lumo {number} is a lamp for balconies."

        outcomes = at_once(
            [
                partial(change_brief, campaign, brief),
                lambda: services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None),
            ]
        )
        drain()

        written = ContentPiece.objects.get().fields["text"]
        assert (outcomes[0] == brief) == (f"Lumo {number}" in written)
