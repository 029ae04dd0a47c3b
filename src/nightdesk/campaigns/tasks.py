"""Who writes campaigns."""

from functools import partial
from typing import Any

from nightdesk.campaigns import services
from nightdesk.campaigns.jobs import WriteCampaign
from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.providers.text.channels import CHANNELS, Channel


@handles(WriteCampaign)
def write_campaign_task(job: WriteCampaign, run: Run) -> dict[str, Any]:
    """Write each channel's piece as a step of its own; what is written stays written when the job runs again."""
    campaign = services.start_writing(
        campaign_id=job.campaign_id, generation=job.generation, task_id=run.job_id, subject=run.subject
    )
    keep = partial(services.save_piece, campaign_id=campaign.pk, generation=job.generation, task_id=run.job_id)
    for place, channel in enumerate(campaign.channels):
        report = partial(_report, run, campaign.channels, place)
        report(0)
        work = partial(services.draft_piece, campaign=campaign, channel=Channel(channel), on_progress=report)
        run.step(channel, work, save=lambda draft: keep(draft=draft))
    return {"campaign_id": campaign.pk, "generation": job.generation, "channels": campaign.channels}


def _report(run: Run, channels: list[str], place: int, percent: int, _message: str = "") -> None:
    title = CHANNELS[Channel(channels[place])].title
    done = (place + percent / 100) / len(channels)
    run.progress(int(100 * done), f"Writing {title} ({place + 1} of {len(channels)})")


@when_ended(WriteCampaign)
def campaign_job_ended(end: JobEnd) -> None:
    """Tell the campaign how its job ended."""
    services.end_writing(end=end)
