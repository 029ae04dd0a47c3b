"""Writing down what was done."""

from uuid import UUID

from nightdesk.activity.models import MAX_SUBJECT_CHARS, MAX_TITLE_CHARS, Activity
from nightdesk.core.redaction import clean_text


def record(
    *,
    action: str,
    source: str,
    actor_id: int | None = None,
    actor_name: str = "",
    subject: str = "",
    title: str = "",
    job_id: UUID | None = None,
    address: str | None = None,
) -> Activity:
    """Write down one thing that was done, in the caller's transaction. Texts too long for their columns are cut."""
    return Activity.objects.create(
        action=action,
        source=source,
        actor_id=actor_id,
        actor_name=clean_text(actor_name)[:254],
        subject=clean_text(subject)[:MAX_SUBJECT_CHARS],
        title=clean_text(title)[:MAX_TITLE_CHARS],
        job_id=job_id,
        address=address,
    )
