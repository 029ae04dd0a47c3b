"""Who reads uploads, and who sweeps up."""

from dataclasses import asdict
from typing import Any

from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.images import services
from nightdesk.images.jobs import ProcessUploadedImage, SweepFiles


@handles(ProcessUploadedImage)
def process_uploaded_image(job: ProcessUploadedImage, run: Run) -> dict[str, Any]:
    """Read a picture and write it anew; answer with its asset, its size and its small copies."""
    if job.asset_id is None:
        return services.process_named_file(
            file_path=job.file_path,
            max_width=job.max_width,
            max_height=job.max_height,
            quality=job.quality,
            job_id=run.job_id,
            owner_id=run.owner_id,
            progress=run.progress,
            finish_with=run.finish_with,
        )
    services.check_numbers(max_width=job.max_width, max_height=job.max_height, quality=job.quality)
    asset = services.settle_upload(
        asset_id=job.asset_id,
        check=run.check_cancelled,
        progress=run.progress,
        max_width=job.max_width,
        max_height=job.max_height,
        quality=job.quality,
    )
    return services.describe_result(asset)


@handles(SweepFiles)
def sweep_files_task(_job: SweepFiles, run: Run) -> dict[str, int]:
    """Remove what nobody wants any more; answer with what was done."""
    return asdict(services.sweep_files(check=run.check_cancelled))
