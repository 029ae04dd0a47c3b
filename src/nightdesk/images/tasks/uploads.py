"""Who reads uploads."""

from typing import Any

from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.images import services
from nightdesk.images.jobs import ProcessUploadedImage


@handles(ProcessUploadedImage)
def process_uploaded_image(job: ProcessUploadedImage, run: Run) -> dict[str, Any]:
    """Read an uploaded picture and write it anew; answer with its asset, its size and its small copies."""
    asset = services.settle_upload(
        asset_id=str(job.asset_id),
        check=run.check_cancelled,
        progress=run.progress,
        field="file_path",
        max_width=job.max_width,
        max_height=job.max_height,
        quality=job.quality,
    )
    return {"asset_id": asset.pk}
