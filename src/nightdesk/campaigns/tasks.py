"""Who writes campaigns, and single pieces."""

from functools import partial
from typing import Any

from nightdesk.campaigns import services
from nightdesk.campaigns.jobs import WriteCampaign, WritePiece
from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run


@handles(WriteCampaign)
def write_campaign_task(job: WriteCampaign, run: Run) -> dict[str, Any]:
    """Write each channel's piece as a step of its own, side by side; what is written stays written in the next run."""
    campaign = services.start_writing(
        campaign_id=job.campaign_id, generation=job.generation, task_id=run.job_id, subject=run.subject
    )
    keep = partial(services.save_piece, campaign_id=campaign.pk, generation=job.generation, task_id=run.job_id)
    sitting = services.Sitting(
        services.requests_of(campaign=campaign),
        campaign_id=campaign.pk,
        job_id=run.job_id,
        report=run.progress,
        time_left_s=run.time_left_s,
        done=services.channels_done(campaign=campaign),
    )
    _write(run, sitting, keep)
    return {"campaign_id": campaign.pk, "generation": job.generation, "channels": list(sitting.works)}


@handles(WritePiece)
def write_piece_task(job: WritePiece, run: Run) -> dict[str, Any]:
    """Write one piece anew, as one step."""
    request = services.take_piece(order=job, task_id=run.job_id, subject=run.subject)
    keep = partial(services.save_rewritten, order=job, task_id=run.job_id)
    sitting = services.Sitting(
        [request],
        campaign_id=job.campaign_id,
        job_id=run.job_id,
        report=run.progress,
        time_left_s=run.time_left_s,
    )
    _write(run, sitting, keep)
    is_shown = services.is_shown(campaign_id=job.campaign_id, channel=job.channel, job_id=run.job_id)
    return {"campaign_id": job.campaign_id, "channel": job.channel, "is_shown": is_shown}


@when_ended(WriteCampaign)
def campaign_job_ended(end: JobEnd) -> None:
    """Tell the campaign how its job ended."""
    services.end_writing(end=end)


@when_ended(WritePiece)
def piece_job_ended(end: JobEnd) -> None:
    """Tell the piece how its job ended."""
    services.end_rewriting(end=end)


def _write(run: Run, sitting: services.Sitting, keep: Any) -> None:
    def save(_: str, draft: dict[str, Any]) -> None:
        sitting.book()  # locks the campaign, so it comes before the piece
        keep(draft=draft)

    with sitting:
        run.steps(
            sitting.works,
            at_once=sitting.at_once,
            save=save,
            cost_micros=sitting.cost_micros,
            meanwhile=sitting.settle,
        )
