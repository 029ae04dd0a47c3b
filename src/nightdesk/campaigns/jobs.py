"""What can be asked of the background for campaigns."""

from nightdesk.engine.arguments import JobArgs


class WriteCampaign(JobArgs, queue="ai_generation", retries=3, retry_delay_s=30.0, soft_limit_s=900.0):
    """Write the content of a campaign."""

    campaign_id: int
    generation: int


class WritePiece(JobArgs, queue="ai_generation", retries=3, retry_delay_s=30.0, soft_limit_s=300.0):
    """Write one piece of a campaign anew."""

    campaign_id: int
    channel: str
    base_version: int
    wish: str = ""
    brand_version_id: int | None = None
